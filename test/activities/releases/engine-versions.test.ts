import { beforeEach, describe, expect, test } from 'vitest';
import { openInstance } from '../../../src/activities/instance/instances.ts';
import { engineVersions, storeImages } from '../../../src/activities/sets/store-observation.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import { makeInstance } from '../../support/world-steps.ts';

const instance = 'pharma';
const container = 'drydock-pharma_serving-neo4j-1';

let world: MemoryWorld;
beforeEach(async () => {
  world = createWorld();
  await makeInstance(world);
});

/** The observed version of the graph's engine, whose image reports another version than its server. */
async function versionOfGraph(imageId: string, server: () => Promise<string> = async () => 'of the server') {
  const { drivers } = world;
  const neo4j = { ...drivers.stores.neo4j, version: server, engineVersion: async () => 'of the image' };
  const image = async () => ({ id: imageId, digest: imageId });
  const changed = {
    ...drivers,
    stores: { ...drivers.stores, neo4j },
    containers: { ...drivers.containers, image },
  };
  const local = await openInstance(drivers.directories, instance);
  const versions = await engineVersions(changed, local, await storeImages(drivers, local));
  expect(Object.keys(versions).sort()).toEqual(['graph', 'queue', 'vectors']);
  return versions['graph'];
}

describe('the version of an engine', () => {
  const running = async () => (await world.containers.container(container))?.imageId ?? '';

  test('is what the server says that runs from the image', async () => {
    expect(await versionOfGraph(await running())).toBe('of the server');
  });

  test('is what the image says when the server runs from another', async () => {
    expect(await versionOfGraph('sha256:pulled-since')).toBe('of the image');
  });

  test('is what the image says when the server is stopped, or does not answer', async () => {
    const id = await running();
    const silent = () => Promise.reject(new Error('no answer'));
    expect(await versionOfGraph(id, silent)).toBe('of the image');
    await world.containers.stop(container, 1);
    expect(await versionOfGraph(id)).toBe('of the image');
  });
});
