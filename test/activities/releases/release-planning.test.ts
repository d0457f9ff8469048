import { beforeEach, describe, expect, test } from 'vitest';
import { RollbackRequest, type UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { aManifest, anArtifact } from '../../support/builders.ts';
import { createWorld, type MemoryWorld } from '../../support/world-in-memory.ts';
import { makeInstance, planNext, runStep } from '../../support/world-steps.ts';

const instance = 'pharma';
const keepUntil = '2026-12-01T00:00:00.000Z';

let world: MemoryWorld;
beforeEach(async () => {
  world = createWorld();
  await makeInstance(world);
});

const next = (request = {}) => planNext(world, { version: '2.0.0', migrations: 'compatible' }, request);
const write = (file: string, text: string) => world.drivers.directories.write(instance, file, text);

describe('an upgrade is planned', () => {
  test('the same twice, and nothing of the instance is touched', async () => {
    const first = await next();
    const before = world.snapshot();
    expect(await next()).toEqual(first);
    expect(world.snapshot()).toEqual(before);
    expect(first).toMatchObject({
      way: 'beside',
      from: { ref: 'stack@1.0.0', colour: 'blue', generation: 1 },
      to: { ref: 'stack@2.0.0', colour: 'green', generation: 1 },
      config: { added: ['config/lookup.yaml'] },
    });
    expect(first.migrations.map(({ name }) => name)).toEqual(['slugs', 'index', 'fill']);
    expect(JSON.stringify(first)).not.toMatch(/[0-9a-f]{64}(?=")(?<!"(hash|digest|observed)":".{64})/);
  });

  test('on a copy when the old release could not go on', async () => {
    const plan = await planNext(world, { version: '3.0.0', migrations: 'incompatible' });
    expect(plan).toMatchObject({ way: 'on-copy', to: { colour: 'green', generation: 2 } });
  });

  test('not to a version that was never pushed, nor of an instance that is not well', async () => {
    const unknown = planNext(world, { version: '2.0.0', migrations: 'compatible' }, { to: 'stack@9.9.9' });
    await expect(unknown).rejects.toMatchObject({ type: 'not-found' });
    await world.containers.stop('drydock-pharma_serving-neo4j-1', 1);
    await expect(next()).rejects.toMatchObject({ type: 'refused' });
  });

  test('while an operator holds the instance read-only, whose writers stand still for that', async () => {
    await runStep(world, 'holdReadOnly', { instance, by: 'operator', reason: 'audit' });
    expect(await next()).toMatchObject({ way: 'beside' });
  });
});

describe('a plan holds', () => {
  let plan: UpgradePlan;
  beforeEach(async () => {
    plan = await next();
    await runStep(world, 'prepareRelease', { plan });
  });
  const unchanged = () => runStep(world, 'checkUnchanged', { plan });

  test('over its own preparations, a barrier, and the time that passes', async () => {
    await runStep(world, 'startRelease', { plan });
    const request = { instance, reason: 'requested', waitMinutes: 1 } as never;
    const backup = await runStep(world, 'planBackup', { request });
    await runStep(world, 'raiseBarrier', { plan: backup });
    await runStep(world, 'lowerBarrier', { plan: backup });
    await unchanged();
  });

  test.each<[string, () => Promise<unknown>]>([
    ['another value in `.env`', () => write('.env', 'APP_PORT=1\n')],
    ['another configuration', () => write('config/app.yaml', 'note: other\n')],
    ['a further file of configuration', () => write('config/more.yaml', 'x: 1\n')],
    ['a finished migration', () => write('.drydock/migrations/g1.json', finishedNote)],
    [
      'another image of a store',
      async () =>
        void world.containers.place('drydock-pharma_serving-neo4j-1', { image: 'neo4j:6', imageId: 'sha256:other' }),
    ],
    [
      'another generation',
      () => runStep(world, 'exchangeGeneration', { instance, generation: 2 as never, insteadOf: 1 as never }),
    ],
  ])('until there is %s', async (_, change) => {
    await unchanged();
    await change();
    await expect(unchanged()).rejects.toMatchObject({ type: 'not-approved', message: expect.stringContaining('void') });
  });
});

describe('two upgrades that wait', () => {
  test('share one place: the one whose release was replaced is void, and takes nothing of the other away', async () => {
    const first = await next();
    await runStep(world, 'prepareRelease', { plan: first });
    const second = await planNext(world, { version: '2.1.0', migrations: 'compatible' });
    await runStep(world, 'prepareRelease', { plan: second });
    await expect(runStep(world, 'checkUnchanged', { plan: first })).rejects.toMatchObject({
      type: 'not-approved',
      message: expect.stringContaining('green no longer holds its release'),
    });
    await runStep(world, 'removeRelease', { instance, colour: 'green', plan: first.hash });
    await runStep(world, 'checkUnchanged', { plan: second });
    await runStep(world, 'removeRelease', { instance, colour: 'green', plan: second.hash }, { times: 2 });
    await expect(runStep(world, 'checkUnchanged', { plan: second })).rejects.toMatchObject({ type: 'not-approved' });
  });

  test('for the same plan: the second finds that the first has carried it out, and leaves it alone', async () => {
    const plan = await next();
    await runStep(world, 'prepareRelease', { plan });
    const { colour } = plan.to;
    await runStep(world, 'exchangeRelease', { instance, colour, insteadOf: plan.from.colour, keepUntil: later });
    expect(await runStep(world, 'removeRelease', { instance, colour, plan: plan.hash })).toEqual([]);
    expect(await world.drivers.directories.record(instance)).toMatchObject({ colour });
  });
});

const later = '2026-12-01T00:00:00.000Z';
const finishedNote = JSON.stringify([{ name: 'slugs', digest: 'ab'.repeat(32), at: '2026-11-21T03:00:00.000Z' }]);

describe('a copy is planned', () => {
  const manifestFor = (digest: string) => {
    const artifacts = ['graph', 'vectors', 'queue', 'files'].map((store) => anArtifact(store));
    for (const { key, stored } of artifacts) {
      world.bucket.objects.set(key, { body: Buffer.alloc(stored.sizeBytes), modifiedAt: new Date() });
    }
    const stores = aManifest().stores.map((record) => ({ ...record, version: '1.0.0' }));
    return aManifest({ blueprint: { ref: 'stack@1.0.0', digest }, artifacts, stores });
  };

  test('for the candidate, on the generation of its plan', async () => {
    const plan = await planNext(world, { version: '3.0.0', migrations: 'incompatible' });
    await runStep(world, 'prepareRelease', { plan });
    const manifest = manifestFor(plan.from.digest);
    const later = { ...plan, to: { ...plan.to, generation: 5 as never } };
    const [first, second] = [
      await runStep(world, 'planCopy', { plan: later, manifest }),
      await runStep(world, 'planCopy', { plan: later, manifest }),
    ];
    expect(second).toEqual(first);
    expect(first).toMatchObject({
      blueprint: { ref: 'stack@3.0.0' },
      purpose: { kind: 'copy', release: 'green' },
      fromGeneration: 1,
      toGeneration: 5,
      volumes: { graph: 'drydock-pharma.neo4j_data.g5' },
    });
  });

  test('only from a set of the release that serves, and for a candidate that was prepared', async () => {
    const plan = await planNext(world, { version: '3.0.0', migrations: 'incompatible' });
    const manifest = manifestFor(plan.from.digest);
    await expect(runStep(world, 'planCopy', { plan, manifest })).rejects.toMatchObject({ type: 'not-found' });
    await runStep(world, 'prepareRelease', { plan });
    const foreign = manifestFor('cd'.repeat(32));
    await expect(runStep(world, 'planCopy', { plan, manifest: foreign })).rejects.toMatchObject({ type: 'refused' });
  });
});

describe('the way back is planned', () => {
  const request = (changes = {}) => RollbackRequest.parse({ instance, ...changes });

  async function upgraded(plan: UpgradePlan): Promise<void> {
    const { colour, generation } = plan.to;
    await runStep(world, 'prepareRelease', { plan });
    if (generation !== plan.from.generation) {
      const exchange = { instance, generation, insteadOf: plan.from.generation, keepUntil };
      await runStep(world, 'exchangeGeneration', exchange);
    }
    await runStep(world, 'exchangeRelease', { instance, colour, insteadOf: 'blue', keepUntil });
  }

  test('beside, when both releases share their stores', async () => {
    await upgraded(await next());
    expect(await runStep(world, 'planRollback', { request: request() }, { times: 2 })).toMatchObject({
      way: 'beside',
      from: { ref: 'stack@2.0.0', colour: 'green', generation: 1 },
      to: { ref: 'stack@1.0.0', colour: 'blue', generation: 1 },
    });
  });

  test('to the old generation only with the name of the instance typed', async () => {
    await upgraded(await planNext(world, { version: '3.0.0', migrations: 'incompatible' }));
    for (const confirm of [undefined, 'farma']) {
      const step = runStep(world, 'planRollback', { request: request(confirm === undefined ? {} : { confirm }) });
      await expect(step).rejects.toMatchObject({ type: 'not-confirmed' });
    }
    expect(await runStep(world, 'planRollback', { request: request({ confirm: instance }) })).toMatchObject({
      way: 'on-copy',
      from: { generation: 2 },
      to: { generation: 1 },
    });
  });

  test('not when no release is kept, nor when its generation is gone', async () => {
    const refused = async (words: string) =>
      expect(runStep(world, 'planRollback', { request: request({ confirm: instance }) })).rejects.toMatchObject({
        type: 'refused',
        message: expect.stringContaining(words),
      });
    await refused('no release is kept');
    await upgraded(await planNext(world, { version: '3.0.0', migrations: 'incompatible' }));
    await runStep(world, 'removeGeneration', { instance, generation: 1 });
    await refused('generation 1 is gone');
  });

  test('not when the instance was restored since', async () => {
    await upgraded(await next());
    await runStep(world, 'exchangeGeneration', { instance, generation: 2 as never, insteadOf: 1 as never, keepUntil });
    await expect(runStep(world, 'planRollback', { request: request() })).rejects.toMatchObject({
      type: 'refused',
      message: expect.stringContaining('the instance serves generation 2, not generation 1'),
    });
  });
});
