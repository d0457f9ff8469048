import { beforeEach, describe, expect, test } from 'vitest';
import type { Migration } from '../../../src/contracts/blueprint.ts';
import type { Generation } from '../../../src/contracts/ids.ts';
import type { UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { DrydockError } from '../../../src/errors.ts';
import { aRestorePlan } from '../../support/builders.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import { makeInstance, planNext, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const [one, two] = [1 as Generation, 2 as Generation];

let world: MemoryWorld;
let plan: UpgradePlan;
beforeEach(async () => {
  world = createWorld();
  await makeInstance(world);
  plan = await planNext(world, { version: '2.0.0', migrations: 'compatible' });
  await runStep(world, 'prepareRelease', { plan });
  world.stores.scripts.length = 0;
});

const read = (file: string) => world.drivers.directories.read(instance, file);
const migrate = (name: string, generation = one) =>
  runStep(world, 'migrate', { plan, migration: named(name), generation });
const named = (name: string) => plan.migrations.find((migration) => migration.name === name) as Migration;
const finished = async (generation = 1) =>
  (JSON.parse((await read(`.drydock/migrations/g${generation}.json`)) ?? '[]') as { name: string }[]).map(
    ({ name }) => name,
  );

describe('a migration', () => {
  test.each([
    ['slugs', 'MATCH (i:Item) SET i.slug = i.id;\n'],
    ['index', 'PUT /collections/items/index'],
  ])('%s runs once, and is noted', async (name, script) => {
    expect(await migrate(name)).toEqual({ outcome: 'done' });
    expect(world.stores.scripts).toEqual([script]);
    expect(await migrate(name)).toEqual({ outcome: 'already-done' });
    expect(world.stores.scripts).toEqual([script]);
    expect(await finished()).toEqual([name]);
  });

  test('by a command runs in a one-off container of the new release', async () => {
    expect(await migrate('fill')).toEqual({ outcome: 'done' });
    expect(await migrate('fill')).toEqual({ outcome: 'already-done' });
    const job = { project: 'drydock-pharma_serving', service: 'app-green', command: ['python', '-m', 'fill'] };
    expect(world.jobs).toEqual([job]);
  });

  test('that ended half way is begun again, and those before it are not', async () => {
    const { neo4j } = world.drivers.stores;
    await migrate('index');
    const run = neo4j.migrate;
    neo4j.migrate = async () => {
      throw new DrydockError('tool-failed', 'run the script: it broke in the middle');
    };
    await expect(migrate('slugs')).rejects.toMatchObject({
      type: 'migration-failed',
      nonRetryable: true,
      message: 'migrate pharma by slugs: run the script: it broke in the middle',
    });
    expect(await finished()).toEqual(['index']);
    neo4j.migrate = run;
    for (const name of ['index', 'slugs']) await migrate(name);
    expect(await finished()).toEqual(['index', 'slugs']);
  });

  test('of the same name and other content is refused', async () => {
    await migrate('slugs');
    await world.drivers.directories.write(
      instance,
      '.drydock/releases/green/blueprint/migrations/slugs.cypher',
      'MATCH (i:Item) DETACH DELETE i;',
    );
    world.stores.scripts.length = 0;
    await expect(migrate('slugs')).rejects.toMatchObject({ type: 'refused' });
    expect(world.stores.scripts).toEqual([]);
  });

  test('that was finished is left out of the next plan, whichever release asks for it', async () => {
    await migrate('slugs');
    const next = await planNext(world, { version: '2.1.0', migrations: 'compatible' });
    expect(next.migrations.map(({ name }) => name)).toEqual(['index', 'fill']);
  });

  test('of a generation that is built reaches that generation alone', async () => {
    const seen: string[] = [];
    world.drivers.stores.neo4j.migrate = async ({ volume, container }) => void seen.push(`${container} ${volume}`);
    world.containers.place('drydock-pharma_g2-neo4j-1', { addresses: { build: '127.0.0.1' } });
    await migrate('slugs', two);
    expect(seen).toEqual(['drydock-pharma_g2-neo4j-1 drydock-pharma.neo4j_data.g2']);
    expect(await finished(2)).toEqual(['slugs']);
    expect(await finished(1)).toEqual([]);
  });

  test('is forgotten when its generation is built again after nobody had ended it', async () => {
    world.containers.place('drydock-pharma_g2-neo4j-1', { addresses: { build: '127.0.0.1' } });
    await migrate('slugs', two);
    await runStep(world, 'createGeneration', { plan: aRestorePlan({ toGeneration: 2, volumes: {} }) });
    expect(await finished(2)).toEqual([]);
    expect(await migrate('slugs', two)).toEqual({ outcome: 'done' });
  });

  test('is forgotten with its generation', async () => {
    world.containers.place('drydock-pharma_g2-neo4j-1', { addresses: { build: '127.0.0.1' } });
    await migrate('slugs', two);
    await runStep(world, 'removeGeneration', { instance, generation: 2 }, { times: 2 });
    expect(await finished(2)).toEqual([]);
  });
});
