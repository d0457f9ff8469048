import type { Migration } from '../../contracts/blueprint.ts';
import type { Version } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { UpgradePlan, UpgradeRequest } from '../../contracts/upgrade.ts';
import { DrydockError } from '../../errors.ts';
import { present } from '../../given.ts';
import { isService } from '../../stores/kinds.ts';
import { storeServices } from '../instance/blueprint-stores.ts';
import { memoryBudget } from '../instance/budget.ts';
import { otherColour, projectName } from '../instance/names.ts';
import { chooseForUpgrade } from '../instance/release-variables.ts';
import { nextGeneration } from '../sets/plan-restore.ts';
import { compareVersions } from '../sets/versions.ts';
import { readableBytes } from '../words/bytes.ts';
import { durationMs, readableDuration } from '../words/duration.ts';
import { edgeChange, edgeProblems } from './edge-changes.ts';
import { fits, windowLengthMs } from './maintenance-window.ts';
import { pendingMigrations } from './migrations.ts';
import { storeChanges, storeProblems } from './store-changes.ts';
import { failuresOf } from './upgrade-failures.ts';
import type { CurrentRelease, TargetRelease, UpgradeObservation } from './upgrade-observation.ts';
import { expectedUpgradeMs } from './upgrade-time.ts';

interface Releases {
  current: CurrentRelease;
  target: TargetRelease;
}
type Draft = Omit<UpgradePlan, 'hash' | 'onFailure'>;

/** Room for logs, one-off containers and the files of a second release, in bytes. */
const releaseDiskBytes = 512 * 1024 ** 2;

/** The complete plan of an upgrade, or a refusal with every reason. The caller adds the hash. */
export function planUpgrade(
  request: UpgradeRequest,
  releases: Releases,
  observed: UpgradeObservation,
): Omit<UpgradePlan, 'hash'> {
  const { record } = releases.current;
  const { problems: missing, ...variables } = chooseForUpgrade(request.variables, releases, observed);
  const draft = draftOf(request, releases, observed, variables);
  const edge = {
    current: releases.current,
    target: { blueprint: releases.target.blueprint, values: variables.values },
  };
  const problems = [
    ...successorProblems(record, request.to),
    ...missing,
    ...edgeProblems(record.storePorts, edge),
    ...storeProblems(releases, observed.engines),
    ...copyProblems(releases, draft.way),
    ...observed.missingImages.map((image) => `image ${image} is not on host ${record.host} and cannot be pulled`),
    ...roomProblems(releases.target, draft.way, observed),
    ...healthProblems(draft, observed),
    ...windowProblems(draft),
  ];
  if (problems.length === 0) return { ...draft, onFailure: onFailure(draft, record, request.graceHours) };
  throw new DrydockError(
    'refused',
    `plan the upgrade of ${record.instance} from ${record.blueprint.ref} to ${request.to}: refused`,
    { problems, next: 'nothing was touched; change the request, the blueprint or the host and start again' },
  );
}

function draftOf(
  request: UpgradeRequest,
  releases: Releases,
  observed: UpgradeObservation,
  variables: UpgradePlan['variables'],
): Draft {
  const { current, target } = releases;
  const { record } = current;
  const { upgrade } = target.blueprint;
  const migrations = pendingMigrations(target.blueprint, versionOf(record.blueprint.ref), observed.finishedMigrations);
  const stores = storeChanges(releases, variables);
  const way = stores.length > 0 || migrations.some(({ compatible }) => !compatible) ? 'on-copy' : 'beside';
  const readOnly = readOnlyOf(way, upgrade.readOnly, migrations, observed.readOnlyMs);
  const soakMinutes = request.soakMinutes ?? durationMs(upgrade.soak) / 60_000;
  const generation = way === 'beside' ? record.generation : nextGeneration(record);
  return {
    instance: record.instance,
    host: record.host,
    project: projectName(record.instance),
    from: { ...record.blueprint, colour: record.colour, generation: record.generation },
    to: { ref: request.to, digest: target.digest, colour: otherColour(record.colour), generation },
    way,
    images: imagesOf(releases),
    services: {
      added: target.blueprint.release.filter((service) => !current.blueprint.release.includes(service)),
      removed: current.blueprint.release.filter((service) => !target.blueprint.release.includes(service)),
    },
    variables,
    config: configOf(releases, observed.configFiles),
    stores,
    edge: edgeChange(current.blueprint.edge, target.blueprint.edge),
    migrations,
    readOnly,
    safetySet: {
      kind: way === 'on-copy' ? 'fresh' : request.safetySet,
      maxAgeHours: durationMs(upgrade.safetySetMaxAge) / 3_600_000,
    },
    approvals: upgrade.approvals[record.tier],
    window: request.window ?? upgrade.window,
    expectedMs: expectedUpgradeMs(readOnly, soakMinutes * 60_000),
    soakMinutes,
    watch: upgrade.watch,
    observed: observed.fingerprint,
    forced: request.force,
  };
}

function readOnlyOf(
  way: UpgradePlan['way'],
  asked: 'for-migrations' | 'always',
  migrations: readonly Migration[],
  lastMs: number | undefined,
): UpgradePlan['readOnly'] {
  const expected = { expectedMs: lastMs };
  if (way === 'on-copy') return { needed: 'for-the-copy', ...expected };
  if (asked === 'always') return { needed: 'asked-by-blueprint', ...expected };
  return migrations.length > 0 ? { needed: 'for-migrations', ...expected } : { needed: 'no' };
}

function imagesOf({ current, target }: Releases): UpgradePlan['images'] {
  const [before, after] = [current.resolved.services, target.resolved.services];
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].sort().map((service) => {
    const [from, to] = [before[service]?.image, after[service]?.image];
    return { service, from, to };
  });
}

/** Of the existing files, only those that the target changes are reported. */
function configOf({ current, target }: Releases, there: readonly string[]): UpgradePlan['config'] {
  const files = Object.keys(target.files)
    .filter((file) => file.startsWith('config/'))
    .sort();
  return {
    added: files.filter((file) => !there.includes(file)),
    kept: files.filter((file) => there.includes(file) && current.files[file] !== target.files[file]),
  };
}

function successorProblems({ instance, blueprint }: InstanceRecord, to: string): string[] {
  if (to === blueprint.ref) return [`${instance} runs ${to} already`];
  const [name, other] = [nameOf(blueprint.ref), nameOf(to)];
  if (name !== other) return [`${instance} runs blueprint ${name}, and ${other} is another blueprint`];
  if (compareVersions(versionOf(to), versionOf(blueprint.ref)) > 0) return [];
  return [`${to} is older than ${blueprint.ref}: go back with \`drydock upgrade ${instance} --back\` or restore a set`];
}

/** A copy is made from the safety set, which holds the stores of the serving blueprint. */
function copyProblems({ current, target }: Releases, way: UpgradePlan['way']): string[] {
  if (way === 'beside') return [];
  return Object.entries(target.blueprint.stores).flatMap(([store, spec]) => {
    if (isService(spec)) return [];
    const before = current.blueprint.stores[store];
    const held = before === undefined || isService(before) ? [] : before.paths;
    return spec.paths
      .filter((path) => !held.includes(path))
      .map((path) => `store ${store} includes ${path}, and the set for the copy does not hold this path`);
  });
}

function roomProblems(target: TargetRelease, way: UpgradePlan['way'], observed: UpgradeObservation): string[] {
  const { release } = target.blueprint;
  const stores = way === 'beside' ? [] : storeServices(target.blueprint);
  const memory = memoryBudget(target.resolved, [...release, ...stores]);
  // A safety set lies in staging twice until its upload ends; a copy needs that and the loaded stores.
  const disk = releaseDiskBytes + (way === 'beside' ? 2 : 3) * observed.captureBytes;
  const both = way === 'beside' ? 'both releases' : 'both releases with their stores';
  return present(
    memory > observed.memoryFreeBytes &&
      `${both} at once need ${readableBytes(memory)} more of memory; ${readableBytes(Math.max(0, observed.memoryFreeBytes))} are free`,
    disk > observed.diskFreeBytes &&
      `${both} and the safety set need ${readableBytes(disk)} of disk; ${readableBytes(observed.diskFreeBytes)} are free`,
  );
}

function healthProblems({ forced, safetySet }: Draft, { stores, release }: UpgradeObservation): string[] {
  const unhealthy = (all: UpgradeObservation['stores']) =>
    Object.entries(all).filter(([, health]) => health !== 'healthy');
  if (forced === undefined) {
    const found = [
      ...unhealthy(stores).map(([store, health]) => `store ${store} is ${health}`),
      ...unhealthy(release).map(([service, health]) => `service ${service} is ${health}`),
    ];
    return found.map((problem) => `${problem}: pass force with a reason to upgrade all the same`);
  }
  if (safetySet.kind === 'recent') return [];
  return unhealthy(stores).map(([store, health]) => `store ${store} is ${health}, so no safety set can be taken`);
}

function windowProblems({ window, expectedMs }: Draft): string[] {
  if (window === 'now' || fits(window, expectedMs)) return [];
  return [
    `it may take ${readableDuration(expectedMs)} with its watch, and the window ${window} is open for ` +
      `${readableDuration(windowLengthMs(window))}: ask for a longer window, a shorter watch, or now`,
  ];
}

function onFailure(draft: Draft, { previous }: InstanceRecord, graceHours: number): UpgradePlan['onFailure'] {
  const replaced = {
    phase: 'whatever happens',
    what: `the previous release ${previous?.blueprint.ref} is replaced, so the way back of the last upgrade ends`,
  };
  return [...(previous === undefined ? [] : [replaced]), ...failuresOf(draft, graceHours)];
}

function nameOf(ref: string): string {
  return ref.slice(0, ref.indexOf('@'));
}

function versionOf(ref: string): Version {
  return ref.slice(ref.indexOf('@') + 1) as Version;
}
