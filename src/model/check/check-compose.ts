import { parseDocument } from 'yaml';
import type { Blueprint } from '../../contracts/blueprint.ts';
import { serviceStores, storeServices } from '../instance/blueprint-stores.ts';
import { reservedName, reservedStores } from '../instance/names.ts';
import { followed, type LineOf } from './read-contract.ts';

interface ComposeText {
  services: Record<string, { image?: unknown; ports?: unknown; container_name?: unknown } | null>;
  volumes: Record<string, unknown>;
  networks: Record<string, unknown>;
}

function composeText(value: unknown): ComposeText {
  const { services, volumes, networks } = mapping(value);
  return {
    services: mapping(services) as ComposeText['services'],
    volumes: mapping(volumes),
    networks: mapping(networks),
  };
}

function mapping(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** Problems of the Compose file, by itself and against the blueprint. */
export function composeProblems(blueprint: Blueprint, text: string | undefined, lineOf: LineOf): string[] {
  if (text === undefined) return [];
  const document = parseDocument(text, { merge: true });
  if (document.errors.length > 0)
    return document.errors.map((error) => `docker-compose.yml: ${error.message.split('\n')[0]}`);
  const compose = followed(document);
  if ('problem' in compose) return [`docker-compose.yml: ${compose.problem}`];
  const { services, volumes, networks } = composeText(compose.value);
  const problems: string[] = [];
  const known = (service: string, ...path: (string | number)[]) => {
    if (!Object.hasOwn(services, service))
      problems.push(`${lineOf(...path)}: docker-compose.yml has no service ${service}`);
  };
  for (const name of Object.keys(blueprint.stores)) {
    if (reservedStores.includes(name)) {
      problems.push(
        `${lineOf('stores', name)}: a store may not be called ${name}: sets keep something else under that name`,
      );
    }
  }
  for (const [name, store] of serviceStores(blueprint)) {
    known(store.service, 'stores', name, 'service');
    if (!Object.hasOwn(volumes, store.volume)) {
      problems.push(`${lineOf('stores', name, 'volume')}: docker-compose.yml has no top-level volume ${store.volume}`);
    }
    if (blueprint.release.includes(store.service)) {
      problems.push(`${lineOf('release')}: ${store.service} is a store and cannot be part of the release`);
    }
  }
  blueprint.release.forEach((service, index) => {
    known(service, 'release', index);
  });
  blueprint.writers.forEach((service, index) => {
    known(service, 'writers', index);
    if (!blueprint.release.includes(service))
      problems.push(`${lineOf('writers', index)}: ${service} is not in release`);
  });
  blueprint.edge.routes.forEach((route, index) => {
    if (!blueprint.release.includes(route.service)) {
      problems.push(`${lineOf('edge', 'routes', index)}: route to ${route.service}, which is not in release`);
    }
  });
  blueprint.edge.storePorts.forEach((port, index) => {
    known(port.service, 'edge', 'storePorts', index);
  });
  for (const [service, definition] of Object.entries(services)) {
    if (definition?.image === undefined) problems.push(`docker-compose.yml: service ${service} has no image`);
    if (definition?.ports !== undefined)
      problems.push(`docker-compose.yml: service ${service} publishes ports; only the edge does`);
    if (definition?.container_name !== undefined) {
      problems.push(`docker-compose.yml: service ${service} has a container_name; two instances would collide`);
    }
    const owned = blueprint.release.includes(service) || storeServices(blueprint).includes(service);
    if (!owned) problems.push(`docker-compose.yml: service ${service} is neither a store nor in release`);
    const reserved = reservedName(service);
    if (reserved !== undefined)
      problems.push(`docker-compose.yml: a service may not be called ${service}: ${reserved}`);
  }
  for (const network of Object.keys(networks)) {
    const reserved = reservedName(network);
    if (reserved !== undefined)
      problems.push(`docker-compose.yml: a network may not be called ${network}: ${reserved}`);
  }
  return problems;
}
