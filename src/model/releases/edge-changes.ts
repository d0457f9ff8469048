import type { Blueprint } from '../../contracts/blueprint.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { present } from '../../given.ts';

type Values = Readonly<Record<string, string>>;

interface EdgeSide {
  blueprint: Pick<Blueprint, 'edge'>;
  values: Values;
}

const wayOut = 'the container of the edge would have to be made anew, which an upgrade never does';

/**
 * Changes to the edge that an upgrade cannot make: both releases share one container and its routes. An upgrade can
 * only reload which requests pass while writing is off.
 */
export function edgeProblems(
  storePorts: InstanceRecord['storePorts'],
  { current, target }: { current: EdgeSide; target: EdgeSide },
): string[] {
  const [before, after] = [current.blueprint.edge, target.blueprint.edge];
  const routes = differences('route to', before.routes, after.routes);
  const tools = storePorts === 'loopback' ? differences('store port of', before.storePorts, after.storePorts) : [];
  const published = [...after.routes, ...(storePorts === 'loopback' ? after.storePorts : [])].map(({ port }) => port);
  const [imageBefore, imageAfter] = [current.values[before.image], target.values[after.image]];
  return present(
    ...routes,
    ...tools,
    ...[...new Set(published)]
      .filter((name) => current.values[name] !== undefined && current.values[name] !== target.values[name])
      .map((name) => `port ${name} changes from ${current.values[name]} to ${target.values[name]}: ${wayOut}`),
    imageBefore !== imageAfter &&
      `the image of the edge changes from ${imageBefore} to ${imageAfter}: ${wayOut}; pass ${after.image}=${imageBefore} to keep it`,
  );
}

export function edgeChange(before: Blueprint['edge'], after: Blueprint['edge']): UpgradePlan['edge'] {
  return JSON.stringify(before.readOnly) === JSON.stringify(after.readOnly) ? 'unchanged' : 'reloaded';
}

type Published = Pick<Blueprint['edge']['routes'][number], 'port' | 'service' | 'target'>;

/** Routes are matched by service and container port: a service may publish several ports of a store. */
function differences(what: string, before: readonly Published[], after: readonly Published[]): string[] {
  const gone = before.filter((route) => !after.some((other) => isSame(route, other)));
  const come = after.filter((route) => !before.some((other) => isSame(route, other)));
  const twins = gone.flatMap((route) => {
    const twin = come.find((other) => other.service === route.service);
    return twin === undefined ? [] : [{ route, twin }];
  });
  const removed = gone.filter((route) => !twins.some((pair) => pair.route === route));
  const added = come.filter((route) => !twins.some((pair) => pair.twin === route));
  const moved = gone.length === 0 && come.length === 0 && after.some((route, index) => !isSame(route, before[index]));
  return [
    ...twins.map(
      ({ route, twin }) =>
        `${what} ${route.service} changes from ${route.port} to port ${route.target} into ${twin.port} to port ${twin.target}: ` +
        'both releases are reached by the same routes',
    ),
    ...removed.map(({ service, port }) => `${what} ${service} on ${port} is removed: ${wayOut}`),
    ...added.map(({ service, port }) => `${what} ${service} on ${port} is new: ${wayOut}`),
    ...(moved ? [`${what.replace(/ \w+$/, 's')} are in another order: ${wayOut}`] : []),
  ];
}

function isSame(route: Published, other: Published | undefined): boolean {
  return route.service === other?.service && route.port === other.port && route.target === other.target;
}
