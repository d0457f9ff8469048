import { describe, expect, test } from 'vitest';
import type { DecommissionReport } from '../../src/contracts/decommission.ts';
import { SetId } from '../../src/contracts/ids.ts';
import type { WantedSchedule } from '../../src/contracts/night.ts';
import { instanceLabels } from '../../src/model/instance/labels.ts';
import { tombstoneKey } from '../../src/model/instance/names.ts';
import { anIdentity } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { around, endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const { serving } = seededWorlds(temporal);
const input = { instance: 'pharma', confirm: 'pharma' };
const withoutSet = { ...input, skipFinalSet: 'it was a trial' };

procedureChecks({
  temporal,
  workflow: 'decommission',
  input: withoutSet,
  world: serving,
  pointOfNoReturn: 'planDecommission',
});

const remains = async (world: MemoryWorld) => [
  ...(await world.containers.containers({ 'drydock.instance': 'pharma' })),
  ...(await world.containers.volumes({ 'drydock.instance': 'pharma' })),
  ...(await world.drivers.directories.names()),
];

test('takes a last set, removes everything, and says until when sets are kept', async () => {
  const world = serving();
  const ours: WantedSchedule = {
    ...{ id: 'night/pharma/backup', workflow: 'nightJob', input: {}, catchupMinutes: 60 },
    when: { every: 'day', at: '03:00', zone: 'UTC' },
  };
  await world.scheduler.put(ours);
  await world.scheduler.put({ ...ours, id: 'night/pharma/theirs' });
  Object.assign(world.scheduler.schedules.get('night/pharma/theirs') ?? {}, { ours: false });
  const { result, leases } = await endOf<DecommissionReport>(temporal, world, 'decommission', input);
  expect(await remains(world)).toEqual([]);
  const last = await world.catalogue.readManifest({ set: SetId.parse(result.finalSet) });
  expect(last.stores.find(({ store }) => store === 'graph')?.contents).toMatchObject({ nodes: 2 });
  const stone = JSON.parse(world.bucket.objects.get(tombstoneKey(anIdentity()))?.body.toString() ?? '{}');
  expect(stone).toMatchObject({ ...anIdentity(), keepSetsUntil: result.setsKeptUntil });
  const days = (Date.parse(stone.keepSetsUntil) - Date.parse(stone.decommissionedAt)) / 86_400_000;
  expect(Math.round(days)).toBe(30);
  expect(result.removed.some((what) => what === 'volume drydock-pharma.neo4j_data.g1')).toBe(true);
  expect(leases.released).toMatchObject([{ status: 'decommissioned' }]);
  expect([...world.scheduler.schedules.keys()]).toEqual(['night/pharma/theirs']);
});

test.each(['removeContainers', 'removeVolumes', 'removeDirectory', 'proveRemoved'])(
  'after a failure at %s, starting again removes the rest',
  async (broken) => {
    const world = serving();
    let first = true;
    around(world, (_, step) => {
      if (step !== broken || !first) return;
      first = false;
      throw new Error('broken on purpose');
    });
    const { failure, leases } = await endOf(temporal, world, 'decommission', withoutSet);
    expect(failure?.message).toContain('broken on purpose');
    expect(leases.holders()).toEqual([]);
    await resultOf(temporal, world, 'decommission', withoutSet);
    expect(await remains(world)).toEqual([]);
  },
);

test('an instance beside it is left alone', async () => {
  const world = serving();
  await resultOf(temporal, world, 'provision', { instance: 'pharma-two', blueprint: 'stack@1.0.0' });
  const before = await world.containers.containers({ 'drydock.instance': 'pharma-two' });
  await resultOf(temporal, world, 'decommission', withoutSet);
  expect(await world.containers.containers({ 'drydock.instance': 'pharma-two' })).toEqual(before);
  expect(await world.drivers.directories.names()).toEqual(['pharma-two']);
});

test('remains that could not be removed are named', async () => {
  const world = serving();
  await world.containers.createVolume('stray', instanceLabels(anIdentity()));
  world.drivers.containers.removeVolume = async () => {};
  const { failure } = await endOf(temporal, world, 'decommission', withoutSet);
  expect(failure).toMatchObject({ type: 'mismatch', message: expect.stringContaining('volume stray') });
});

describe('is refused', () => {
  test.each([
    ['without a confirmation', { instance: 'pharma' }, 'not-confirmed', 'pass confirm: "pharma"'],
    ['with another confirmation', { ...input, confirm: 'Pharma' }, 'not-confirmed', 'needs its name'],
  ])('%s, and nothing is touched', async (_, request, code, problem) => {
    const world = serving();
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, 'decommission', request);
    expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
    expect(world.snapshot()).toEqual(before);
  });

  test('while a last set cannot be taken, unless it is not wanted', async () => {
    const world = serving();
    await world.containers.stop('drydock-pharma_serving-neo4j-1', 1);
    const { failure } = await endOf(temporal, world, 'decommission', input);
    expect(failure).toMatchObject({ type: 'refused', message: expect.stringContaining('store graph is stopped') });
    await resultOf(temporal, world, 'decommission', withoutSet);
    expect(await remains(world)).toEqual([]);
  });
});
