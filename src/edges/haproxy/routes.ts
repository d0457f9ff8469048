import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Colour } from '../../contracts/ids.ts';
import { type EdgePlan, renderEdge } from './config.ts';

/** The edge's directory (configuration, maps, admin socket) as mounted in its container. */
export const edgeMountPoint = '/drydock-edge';

/** The edge in its container: a master that can replace its worker, on commands over a socket in the same directory. */
export const edgeCommand = [
  ...['haproxy', '-W', '-S', `${edgeMountPoint}/master.sock,mode,600`, '-db'],
  ...['-f', `${edgeMountPoint}/haproxy.cfg`],
];

/** Ports inside the edge's container: two services may listen on 8000, and the edge may not bind ports below 1024. */
const firstRoutePort = 10_000;
const firstStorePort = 11_000;

export function routeListenPort(index: number): number {
  return firstRoutePort + index;
}

export function storeListenPort(index: number): number {
  return firstStorePort + index;
}

/** Configuration and maps of an instance's edge. */
export function edgeFilesOf(
  blueprint: Blueprint,
  instance: string,
  colour: Colour,
  storePorts: 'closed' | 'loopback',
): ReturnType<typeof renderEdge> {
  const tools = storePorts === 'loopback' ? blueprint.edge.storePorts : [];
  const plan: EdgePlan = {
    instance,
    mountPoint: edgeMountPoint,
    routes: blueprint.edge.routes.map((route, index) => ({
      name: route.service,
      listenPort: routeListenPort(index),
      service: route.service,
      target: route.target,
    })),
    storePorts: tools.map(({ service, target }, index) => ({ listenPort: storeListenPort(index), service, target })),
    readOnly: blueprint.edge.readOnly,
    colour,
  };
  return renderEdge(plan);
}
