import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Colour } from '../../contracts/ids.ts';
import { edgeDirectory } from '../../model/instance/names.ts';
import type { EdgeFiles } from '../edge.ts';
import { configurationFile, type EdgePlan, renderEdge } from './config.ts';

/** Where the edge's directory (configuration, maps, admin socket) is seen inside its container. */
const edgeMountPoint = '/drydock-edge';

/** The edge in its container: a master that can replace its worker, on commands over a socket in the same directory. */
export const edgeCommand = [
  ...['haproxy', '-W', '-S', `${edgeMountPoint}/master.sock,mode,600`, '-db'],
  ...['-f', `${edgeMountPoint}/${configurationFile}`],
];

/**
 * At its start the proxy asks for the name of each colour, and the engine passes the name of an absent one on to the name
 * servers of the host. Where these are silent, the C library would wait ten seconds for each name.
 */
export const edgeNameOptions = ['timeout:1', 'attempts:1'];

/** Ports inside the edge's container: two services may listen on 8000, and the edge may not bind ports below 1024. */
const firstRoutePort = 10_000;
const firstStorePort = 11_000;

const routeListenPort = (index: number) => firstRoutePort + index;
const storeListenPort = (index: number) => firstStorePort + index;

/** The edge as a service of Compose, but for its labels and its networks. */
export function edgeServiceOf({ edge }: Blueprint, storePorts: 'closed' | 'loopback') {
  const published = edge.routes.map((route, index) => `\${${route.port}}:${routeListenPort(index)}`);
  const tools = storePorts === 'loopback' ? edge.storePorts : [];
  return {
    image: `\${${edge.image}}`,
    command: edgeCommand,
    restart: 'unless-stopped',
    stop_grace_period: '30s',
    dns_opt: edgeNameOptions,
    logging: { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } },
    ports: [...published, ...tools.map((route, index) => `127.0.0.1:\${${route.port}}:${storeListenPort(index)}`)],
    volumes: [{ type: 'bind', source: `./${edgeDirectory}`, target: edgeMountPoint }],
    deploy: { resources: { limits: { memory: '128m' } } },
  };
}

/** Settings of an instance's edge, and what it begins with. */
export function edgeFilesOf(
  blueprint: Blueprint,
  instance: string,
  colour: Colour,
  storePorts: 'closed' | 'loopback',
): EdgeFiles {
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
