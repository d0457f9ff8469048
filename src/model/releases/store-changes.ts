import type { UpgradePlan } from '../../contracts/upgrade.ts';
import type { ComposeModel } from '../../drivers/compose/compose.ts';
import type { EngineVersion } from '../../stores/kind.ts';
import { isService, kindOf, type ServiceSpec } from '../../stores/kinds.ts';
import { serviceStores } from '../instance/blueprint-stores.ts';
import { storeNetworks } from '../instance/render.ts';
import { compareVersions } from '../sets/versions.ts';
import type { CurrentRelease, TargetRelease, UpgradeObservation } from './upgrade-observation.ts';

interface Releases {
  current: CurrentRelease;
  target: TargetRelease;
}

/** Differences between containers of stores that both releases have, one entry each, without values of secrets. */
export function storeChanges(
  { current, target }: Releases,
  variables: Pick<UpgradePlan['variables'], 'added' | 'changed' | 'values'>,
): UpgradePlan['stores'] {
  const anew = [...variables.added, ...variables.changed];
  return serviceStores(current.blueprint).flatMap(([store, { service }]) => {
    if (target.blueprint.stores[store] === undefined) return [];
    const { image: _before, ...before } = current.model.services[service] ?? {};
    const { image: _after, ...after } = target.model.services[service] ?? {};
    const images = [current, target].map(({ resolved }) => resolved.services[service]?.image ?? 'none');
    const words = [
      ...(images[0] === images[1] ? [] : [`image ${images.join(' → ')}`]),
      ...changedPaths('', before, after),
      ...variablesIn(before)
        .filter((name) => anew.includes(name))
        .map((name) => describeVariable(name, current.values[name], variables.values[name])),
    ];
    return words.map((what) => ({ store, what }));
  });
}

function describeVariable(name: string, before: string | undefined, after: string | undefined): string {
  return after === undefined ? `${name} is another secret` : `${name} ${before ?? 'none'} → ${after}`;
}

/** Variables that a definition names; `$$` is a dollar sign. */
function variablesIn(definition: unknown): string[] {
  const text = JSON.stringify(definition).replaceAll('$$', '');
  return [...new Set([...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map((match) => match[1] ?? ''))];
}

function changedPaths(path: string, before: unknown, after: unknown): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) => changedPaths(path === '' ? key : `${path}.${key}`, before[key], after[key]));
  }
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (before === undefined) return [`${path} is new`];
  return [after === undefined ? `${path} is gone` : `${path} changes`];
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Changes to stores that an upgrade cannot make: remove one, add one, or turn one into another. */
export function storeProblems({ current, target }: Releases, engines: UpgradeObservation['engines']): string[] {
  const after = target.blueprint.stores;
  const added = serviceStores(target.blueprint).filter(([store]) => current.blueprint.stores[store] === undefined);
  return [
    ...Object.entries(current.blueprint.stores).flatMap(([store, spec]) => {
      const next = after[store];
      if (next === undefined) return [`store ${store} is removed, and its data would be lost`];
      if (next.kind !== spec.kind) return [`store ${store} changes from ${spec.kind} to ${next.kind}`];
      return isService(spec) ? [...specProblems(store, spec, next), ...engineProblems(store, spec, engines)] : [];
    }),
    ...added.map(([store]) => `store ${store} is new: the stores of an instance are made when it is provisioned`),
    ...networkProblems(current, target),
  ];
}

/** A store's paths and credentials also stand in its data, in sets, and in what is kept for the way back. */
function specProblems(store: string, before: object, after: object): string[] {
  const [left, right] = [before, after] as Record<string, unknown>[];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys
    .filter((key) => left?.[key] !== right?.[key])
    .map((key) => {
      const [from, to] = [left?.[key] ?? 'none', right?.[key] ?? 'none'];
      return `store ${store}: ${key} changes from ${from} to ${to}, which an upgrade cannot bring`;
    });
}

function networkProblems(current: CurrentRelease, target: TargetRelease): string[] {
  const shared = storeNetworks(current.blueprint, current.model);
  return storeNetworks(target.blueprint, target.model)
    .filter((name) => shared.includes(name))
    .filter((name) => definitionOf(current.model, name) !== definitionOf(target.model, name))
    .map((name) => `network ${name} changes, and both releases share it with the stores`);
}

/** The definition without its name, which Compose derives from its working directory. */
function definitionOf({ networks }: ComposeModel, network: string): string {
  const { name: _derived, ...definition } = networks?.[network] ?? {};
  return JSON.stringify(definition);
}

function engineProblems(store: string, spec: ServiceSpec, engines: UpgradeObservation['engines']): string[] {
  const [from, to] = [engines.current[store], engines.target[store]];
  if (from === undefined || to === undefined || compareVersions(from, to) === 0) return [];
  const moves = `store ${store} goes from version ${from} to ${to}`;
  if (compareVersions(to, from) < 0) return [`${moves}: an older engine cannot read its data`];
  const rule = kindOf(spec).upgradeRefusal(numbersOf(from), numbersOf(to));
  return rule === undefined ? [] : [`${moves}: ${rule}`];
}

function numbersOf(version: string): EngineVersion {
  const [, major, minor] = /(\d+)(?:\.(\d+))?/.exec(version) ?? [];
  return { major: Number(major ?? 0), minor: Number(minor ?? 0) };
}
