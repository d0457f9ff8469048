import { Blueprint } from '../../src/contracts/blueprint.ts';
import { Sha256 } from '../../src/contracts/ids.ts';
import type { InstanceRecord } from '../../src/contracts/instance-record.ts';
import { type UpgradePlan, UpgradeRequest } from '../../src/contracts/upgrade.ts';
import type { ComposeModel } from '../../src/drivers/compose/compose.ts';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { chooseForUpgrade } from '../../src/model/instance/release-variables.ts';
import { planUpgrade } from '../../src/model/releases/plan-upgrade.ts';
import type {
  CurrentRelease,
  TargetRelease,
  UpgradeObservation,
} from '../../src/model/releases/upgrade-observation.ts';
import { aRecord, blueprintParts, written } from './builders.ts';

/** Upgrades of the small stack, as a host sees them beforehand; a test names the differences. */

export type Change = (parts: ReturnType<typeof blueprintParts>) => unknown;

/** `stack@1.0.0` with all its secrets; `values` are what the client chose beside its defaults. */
export function aCurrentRelease(
  options: { change?: Change; values?: Record<string, string>; record?: InstanceRecord } = {},
): CurrentRelease {
  const parts = blueprintParts();
  options.change?.(parts);
  const blueprint = Blueprint.parse(parts.contract);
  const env = { ...parseEnv(parts.template), APP_PORT: '8000', BOLT_PORT: '8020', ...options.values };
  const isSecret = (name: string) => blueprint.variables[name]?.kind === 'secret';
  const values = Object.fromEntries(Object.entries(env).filter(([name]) => !isSecret(name)));
  return {
    record: options.record ?? aRecord(),
    blueprint,
    files: written(parts),
    model: parts.compose,
    resolved: resolved(parts.compose, values),
    values,
    secrets: Object.keys(env).filter((name) => isSecret(name) && name !== 'MODEL_KEY'),
  };
}

/** `stack@2.0.0`, whose application has another image. */
export function aTargetRelease(options: {
  change?: Change;
  current: CurrentRelease;
  given: Record<string, string>;
  observed: UpgradeObservation;
}): TargetRelease {
  const parts = blueprintParts({ version: '2.0.0' });
  parts.template = parts.template.replace(/stack-app:.*/, 'stack-app:2.0.0');
  options.change?.(parts);
  const source = { blueprint: Blueprint.parse(parts.contract), files: written(parts) };
  const { values } = chooseForUpgrade(options.given, { current: options.current, target: source }, options.observed);
  return {
    ...source,
    digest: Sha256.parse('cd'.repeat(32)),
    model: parts.compose,
    resolved: resolved(parts.compose, values),
  };
}

/** The blueprint as Compose reads it; a word that no plan may hold stands for each secret. */
function resolved(compose: ComposeModel, values: Record<string, string>): ComposeModel {
  const text = JSON.stringify(compose).replaceAll(/\$\{(\w+)[^}]*\}/g, (_, name: string) => values[name] ?? 'hidden');
  return JSON.parse(text) as ComposeModel;
}

export const mebibyte = 1024 ** 2;
export const fingerprint = Sha256.parse('ef'.repeat(32));
export const healthy = { graph: 'healthy', vectors: 'healthy', queue: 'healthy' } as const;
export const quiet: UpgradeObservation = {
  portsInUse: new Map([[8000, 'instance pharma']]),
  hostVariables: {},
  secretFiles: [],
  diskFreeBytes: 1024 * mebibyte,
  stores: healthy,
  release: { app: 'healthy', worker: 'healthy' },
  memoryFreeBytes: 1024 * mebibyte * 4,
  captureBytes: 100 * mebibyte,
  engines: { current: {}, target: {} },
  missingImages: [],
  finishedMigrations: [],
  configFiles: ['config/app.yaml'],
  fingerprint,
};

/** Request and observation of an upgrade; everything that a test does not name is well. */
export interface UpgradeCase {
  request?: object;
  observed?: Partial<UpgradeObservation>;
  record?: object;
  /** Changes of the serving blueprint, and of the requested blueprint. */
  before?: Change;
  change?: Change;
}

/** The plan of `stack@1.0.0` to `stack@2.0.0` in that case. */
export function planOf({
  request = {},
  observed = {},
  record = {},
  before,
  change,
}: UpgradeCase = {}): Omit<UpgradePlan, 'hash'> {
  const parsed = UpgradeRequest.parse({ instance: 'pharma', to: 'stack@2.0.0', ...request });
  const seen = { ...quiet, ...observed };
  const current = aCurrentRelease({ ...(before && { change: before }), record: aRecord(record) });
  const target = aTargetRelease({ current, given: parsed.variables, observed: seen, ...(change && { change }) });
  return planUpgrade(parsed, { current, target }, seen);
}

export const compatible = {
  name: 'slugs',
  since: '2.0.0',
  compatible: true,
  cypher: 'init/schema.cypher',
  store: 'graph',
};
export const incompatible = { ...compatible, name: 'names', compatible: false };
export const migrating: Change = ({ contract }) => (contract.migrations = [compatible]);
export const breaking: Change = ({ contract }) => (contract.migrations = [compatible, incompatible]);
