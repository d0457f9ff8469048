import { describe, expect, test } from 'vitest';
import type { RetentionReport } from '../../src/contracts/retention.ts';
import { inProcess } from '../support/in-process.ts';
import { leaseBook, procedureChecks } from '../support/procedure-checks.ts';
import { putSet, setOf } from '../support/retention-cases.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal);

const now = Date.now();
const id = (ageDays: number) => setOf(now, ageDays);
const young = [1, 2, 3].map(id);
const old = [20, 21].map(id);
const input = { instance: 'pharma' };

/** `pharma` serves and has the set of the seed, three young verified sets, and two old sets. */
function serving(): MemoryWorld {
  const world = worlds.serving();
  for (const set of young) putSet(world.bucket, {}, set, true);
  for (const set of old) putSet(world.bucket, {}, set);
  return world;
}

const setsIn = (world: MemoryWorld) =>
  [...world.bucket.objects.keys()].flatMap((key) => /\/sets\/(.*)\/manifest\.json$/.exec(key)?.[1] ?? []).sort();
const keysIn = (world: MemoryWorld) => [...world.bucket.objects.keys()].sort();

procedureChecks({
  temporal,
  workflow: 'retention',
  input,
  world: () => {
    const world = serving();
    return { ...world, snapshot: () => keysIn(world) };
  },
  pointOfNoReturn: 'planRetention',
});

test('sets that no rule keeps go, and nothing else changes', async () => {
  const world = serving();
  const { result, leases } = await endOf<RetentionReport>(temporal, world, 'retention', input);
  expect(result).toMatchObject({ outcome: 'done', instance: 'pharma', plan: { life: 'living', deleteSets: 2 } });
  expect(result.removedBytes).toBe(result.plan.deleteBytes);
  expect(setsIn(world)).toEqual([...young, worlds.seeds.set].sort());
  expect(leases.journal).toMatchObject([{ procedure: 'retention', outcome: 'done', plan: { deleteSets: 2 } }]);
  expect(leases.holders()).toEqual([]);
});

test('a dry run says what would go and why, and deletes nothing', async () => {
  const world = serving();
  const before = keysIn(world);
  const report = await resultOf<RetentionReport>(temporal, world, 'retention', { ...input, dryRun: true });
  expect(report).toMatchObject({ outcome: 'planned', removals: [], removedBytes: 0, plan: { deleteSets: 2 } });
  expect(report.plan.sets.map(({ verdict }) => verdict)).toEqual(['keep', 'keep', 'keep', 'keep', 'delete', 'delete']);
  expect(keysIn(world)).toEqual(before);
});

test('a set that another run reads just now stays', async () => {
  const world = serving();
  const [used = '', other = ''] = old;
  const leases = leaseBook();
  let done: () => void = () => {};
  const reading = new Promise<void>((resolve) => {
    done = resolve;
  });
  const control = { ...world.control, ...leases.activities, verifySet: () => reading };
  await temporal.withWorkers({ control, hosts: world.hosts }, async (taskQueue) => {
    const { workflow } = temporal.env.client;
    const reader = await workflow.start('verify', { taskQueue, workflowId: `verify-${now}`, args: [{ set: used }] });
    while ((await reader.describe()).searchAttributes['DrydockSet'] === undefined);
    const run = { taskQueue, workflowId: `retention-${now}`, args: [input] };
    const report: RetentionReport = await workflow.execute('retention', run);
    expect(report.plan.sets.find(({ set }) => set === used)?.reasons).toEqual([`in use by verify (verify-${now})`]);
    expect(report.removals.map(({ what }) => what)).toEqual([`set ${other}`]);
    done();
    await reader.result();
  });
});

test('after a failure in the middle, starting again removes the rest', async () => {
  const world = serving();
  let deletions = 0;
  world.bucket.deleted = () => {
    deletions += 1;
    if (deletions === 2) world.bucket.locked = () => true;
  };
  const first = await resultOf<RetentionReport>(temporal, world, 'retention', input);
  expect(first.outcome).toBe('partial');
  expect(first.removals.map(({ outcome }) => outcome)).toEqual(['partly-removed', 'refused']);
  world.bucket.locked = () => false;
  expect(await resultOf<RetentionReport>(temporal, world, 'retention', input)).toMatchObject({ outcome: 'done' });
  expect(setsIn(world)).toEqual([...young, worlds.seeds.set].sort());
  expect(keysIn(world).filter((key) => old.some((set) => key.includes(set)))).toEqual([]);
});

describe('of a decommissioned instance', () => {
  test.each([
    ['stay while they are promised', 30, 6],
    ['go when their time is over', 0, 0],
  ])('all sets %s, and nobody is asked for a lease', async (_, keepSetsDays, left) => {
    const world = serving();
    const gone = { ...input, confirm: 'pharma', keepSetsDays, skipFinalSet: 'it was a trial' };
    await resultOf(temporal, world, 'decommission', gone);
    const { result, leases } = await endOf<RetentionReport>(temporal, { ...world, hosts: {} }, 'retention', input);
    expect(result.plan.life).toBe('decommissioned');
    expect(setsIn(world)).toHaveLength(left);
    expect(leases.released).toEqual([]);
  });

  test('the last set goes with the others', async () => {
    const world = serving();
    await resultOf(temporal, world, 'decommission', { ...input, confirm: 'pharma', keepSetsDays: 0 });
    expect(setsIn(world)).toHaveLength(7);
    await resultOf(temporal, world, 'retention', input);
    expect(setsIn(world)).toEqual([]);
  });
});
