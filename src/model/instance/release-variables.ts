import type { Blueprint } from '../../contracts/blueprint.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { kindOf } from '../../stores/kinds.ts';
import type { CurrentRelease, TargetRelease, UpgradeObservation } from '../releases/upgrade-observation.ts';
import { serviceStores } from './blueprint-stores.ts';
import { parseEnv } from './env-file.ts';
import { chooseVariables, type KeptValues } from './plan-provision.ts';

type Before = Pick<CurrentRelease, 'blueprint' | 'files' | 'values' | 'secrets'>;
type After = Pick<TargetRelease, 'blueprint' | 'files'>;
type Values = Readonly<Record<string, string>>;

/**
 * Values of the target's variables, or every reason why some are missing. The request's values win; then an instance
 * keeps its ports, its secrets and the client's choices, and replaces an old default by the new one. An image whose
 * default changes follows the host or the new default: it belongs to the release.
 */
export function chooseForUpgrade(
  given: Values,
  { current, target }: { current: Before; target: After },
  observed: Pick<UpgradeObservation, 'portsInUse' | 'hostVariables' | 'secretFiles'>,
): UpgradePlan['variables'] & { problems: string[] } {
  const template = templateOf(target);
  const declared = Object.keys(parseEnv(template));
  const kept = keptValues(current, target);
  const chosen = chooseVariables(target.blueprint, template, given, { ...observed, kept });
  const { variables: values, generate, secretFiles } = chosen;
  const known = new Set([
    ...Object.keys(parseEnv(templateOf(current))),
    ...Object.keys(current.values),
    ...current.secrets,
  ]);
  const differs = (name: string) =>
    values[name] === undefined
      ? secretFiles[name] !== undefined || generate.includes(name)
      : values[name] !== current.values[name];
  return {
    added: declared.filter((name) => !known.has(name)),
    removed: [...known].filter((name) => !declared.includes(name)),
    changed: declared.filter((name) => known.has(name) && differs(name)),
    values,
    generate,
    secretFiles,
    problems: [...chosen.problems, ...storeSecretProblems(target.blueprint, given, kept)],
  };
}

function keptValues(current: Before, target: After): KeptValues {
  const [before, after] = [parseEnv(templateOf(current)), parseEnv(templateOf(target))];
  const isSecret = (name: string) => target.blueprint.variables[name]?.kind === 'secret';
  const isPort = (name: string) => target.blueprint.variables[name]?.kind === 'port';
  const isImage = (name: string) => name.endsWith('_IMAGE') || name === target.blueprint.edge.image;
  const stays = (name: string, value: string) => {
    if (after[name] === undefined || isSecret(name)) return false;
    if (isPort(name)) return value !== '';
    return before[name] === after[name] || !(isImage(name) || value === before[name]);
  };
  const had = [...current.secrets, ...Object.keys(current.values).filter((name) => current.values[name] !== '')];
  return {
    values: Object.fromEntries(Object.entries(current.values).filter(([name, value]) => stays(name, value))),
    secrets: had.filter((name) => after[name] !== undefined && isSecret(name)),
  };
}

/** A store keeps its secret in its data: a different secret in `.env` would lock everybody out. */
function storeSecretProblems(blueprint: Blueprint, given: Values, kept: KeptValues): string[] {
  return serviceStores(blueprint).flatMap(([store, spec]) => {
    const name = kindOf(spec).secretOf(spec);
    return name !== undefined && given[name] !== undefined && kept.secrets.includes(name)
      ? [`${name} is the secret of store ${store}, which an upgrade cannot change: leave it out`]
      : [];
  });
}

function templateOf({ files }: Pick<TargetRelease, 'files'>): string {
  return files['.env.template'] ?? '';
}
