import { describe, expect, test } from 'vitest';
import type { BackupReport } from '../../src/contracts/backup.ts';
import type { DecommissionReport } from '../../src/contracts/decommission.ts';
import { type Identity, InstanceName, identityOf } from '../../src/contracts/ids.ts';
import type { MonthReport } from '../../src/contracts/report.ts';
import type { RetentionReport } from '../../src/contracts/retention.ts';
import type { SetsReport } from '../../src/contracts/sets.ts';
import { fullName } from '../../src/model/instance/names.ts';
import { idOf } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { endOf, fill, identityIn, resultOf, servedBy } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal, { recipients: ['age1key'] });
const pharma = { instance: 'pharma' };
const first: Identity = { instance: InstanceName.parse('pharma'), id: idOf('pharma', 0) };

/** `pharma` had a set and was removed; another instance was made under its name, with data of its own. */
async function secondLife(): Promise<{ world: MemoryWorld; firstSet: string }> {
  const world = worlds.serving();
  const { finalSet } = await resultOf<DecommissionReport>(temporal, world, 'decommission', {
    ...pharma,
    confirm: 'pharma',
  });
  await resultOf(temporal, world, 'provision', { ...pharma, blueprint: 'stack@1.0.0' });
  await fill(world, 'old');
  return { world, firstSet: finalSet ?? '' };
}
const run = <Report>(world: MemoryWorld, workflow: string, request: object = {}) =>
  resultOf<Report>(temporal, world, workflow, { ...pharma, ...request });
const refusal = async (world: MemoryWorld, workflow: string, request: object = {}) =>
  (await endOf(temporal, world, workflow, { ...pharma, ...request })).failure;

describe('a second instance of a name', () => {
  test('is another one, and nothing of it lies where the first has its sets', async () => {
    const { world } = await secondLife();
    expect(await identityIn(world)).toEqual({ instance: 'pharma', id: idOf('pharma', 1) });
    for (const view of await world.containers.containers({ 'drydock.instance': 'pharma' })) {
      expect(view.labels['drydock.id'], view.name).toBe(idOf('pharma', 1));
    }
    await run(world, 'backup');
    const { sets } = await run<SetsReport>(world, 'sets', { id: idOf('pharma', 1) });
    expect(sets.map(({ id }) => id)).toEqual([idOf('pharma', 1)]);
  });

  test('is not restored from the first one’s latest set', async () => {
    const { world } = await secondLife();
    expect(await refusal(world, 'restore', { confirm: 'pharma', skipSafetySet: 'a trial' })).toMatchObject({
      type: 'not-found',
      message: expect.stringContaining('there is no set'),
    });
    expect(await servedBy(world)).toEqual(['old', 'old page']);
  });

  test.each<[string, object]>([
    ['by the id of the set', {}],
    ['by the id of its instance, and the name that both have', { id: first.id }],
  ])('nor from another one that is named %s alone', async (_, more) => {
    const { world, firstSet: set } = await secondLife();
    const request = { set, confirm: 'pharma', skipSafetySet: 'a trial', ...more };
    const code = 'id' in more ? 'not-confirmed' : 'refused';
    expect(await refusal(world, 'restore', request)).toMatchObject({
      type: code,
      message: expect.stringContaining(fullName(first)),
    });
    expect(await servedBy(world)).toEqual(['old', 'old page']);
  });

  test.each([undefined, 'pharma'])('is not restored by its own full name when %s was typed', async (confirm) => {
    const { world } = await secondLife();
    await run(world, 'backup');
    await fill(world, 'new');
    const request = { id: idOf('pharma', 1), confirm, skipSafetySet: 'a trial' };
    expect(await refusal(world, 'restore', request)).toMatchObject({ type: 'not-confirmed' });
    expect(await servedBy(world)).toEqual(['new', 'new page']);
  });

  test('takes the first one’s data when its full name is typed', async () => {
    const { world, firstSet: set } = await secondLife();
    await run(world, 'restore', { id: first.id, set, confirm: fullName(first), skipSafetySet: 'a trial' });
    expect(await servedBy(world)).toEqual(['new', 'new page']);
    expect(await identityIn(world)).toEqual({ instance: 'pharma', id: idOf('pharma', 1) });
  });

  test('deletes no set of the first one, and the first one’s own time decides about those', async () => {
    const { world, firstSet } = await secondLife();
    const { set } = await run<BackupReport>(world, 'backup');
    const mine = await run<RetentionReport>(world, 'retention', { id: idOf('pharma', 1) });
    expect(mine.plan.sets.map((decision) => decision.set)).toEqual([set]);
    const theirs = await run<RetentionReport>(world, 'retention', { id: first.id, dryRun: true });
    expect(theirs.plan).toMatchObject({ ...first, life: 'decommissioned', deleteSets: 0 });
    expect(theirs.plan.sets.map(({ set }) => set)).toContain(firstSet);
  });

  test('has a report of its own, and so has the first one', async () => {
    const { world, firstSet } = await secondLife();
    const { set } = await run<BackupReport>(world, 'backup');
    const month = new Date().toISOString().slice(0, 7);
    const setsOf = async (id: string) => {
      return (await run<MonthReport>(world, 'report', { id, month })).sets.map((made) => made.set);
    };
    expect(await setsOf(idOf('pharma', 1))).toEqual([set]);
    expect(await setsOf(first.id)).toContain(firstSet);
  });

  test('keeps what is due later of the first one away from itself', async () => {
    const { world } = await secondLife();
    const due = { ...first, generation: 1, notBefore: '2026-01-01T00:00:00.000Z' };
    expect(await refusal(world, 'retireGeneration', due)).toMatchObject({ message: expect.stringContaining(first.id) });
    expect(await servedBy(world)).toEqual(['old', 'old page']);
  });
});

test('the sets of removed instances are listed when they are asked for', async () => {
  const { world, firstSet } = await secondLife();
  const { lives, sets } = await run<SetsReport>(world, 'sets', { removed: true });
  expect(lives).toMatchObject([{ ...first, known: 'removed' }]);
  expect(sets.map(({ set }) => set)).toContain(firstSet);
  expect(sets.every((set) => fullName(set) === fullName(first))).toBe(true);
});

test('a new instance remembers where its data came from, and has no right to those sets', async () => {
  const world = worlds.serving();
  await run(world, 'restore', { as: 'copy' });
  const record = await world.drivers.directories.record('copy');
  expect(record.lineage).toEqual({ ...first, set: worlds.seeds.set });
  expect(await world.catalogue.listSets({ of: identityOf(record) })).toEqual([]);
});
