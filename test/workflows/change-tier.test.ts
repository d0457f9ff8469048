import { beforeAll, expect, test } from 'vitest';
import type { NightsOf } from '../../src/activities/nights/nights.ts';
import type { ScheduleChange } from '../../src/contracts/night.ts';
import type { TierReport } from '../../src/contracts/tier.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks, type World } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { endOf, resultOf } from '../support/world-runs.ts';

const instance = 'pharma';
const sold = { instance, host: 'h1', tier: 'standard', blueprint: 'stack@1.0.0' } as NightsOf;
const premium = { instance, tier: 'premium' };
const standard = { instance, tier: 'standard' };
const backup = 'night/pharma/backup';

const temporal = inProcess();
const worlds = seededWorlds(temporal);
let nights: readonly ScheduleChange[];
beforeAll(async () => {
  const { catalogue } = worlds.serving();
  ({ changes: nights } = await catalogue.planSchedules({ instance: sold.instance, nights: sold }));
});

/** An instance that was sold as standard, with the schedules of that tier. */
function serving(): MemoryWorld {
  const world = worlds.serving();
  for (const { wanted } of nights) if (wanted !== undefined) void world.scheduler.put(wanted);
  return world;
}

/** The schedules with their times: another tier has the same schedules at other times. */
function withTimes(world: MemoryWorld): World {
  const { control, hosts } = world;
  return { control, hosts, snapshot: () => ({ world: world.snapshot(), schedules: schedulesOf(world) }) };
}

const schedulesOf = ({ scheduler }: MemoryWorld) =>
  Object.fromEntries([...scheduler.schedules].map(([id, { as }]) => [id, as]));
const tierOf = async ({ drivers }: MemoryWorld) => (await drivers.directories.record(instance)).tier;

procedureChecks({ temporal, workflow: 'changeTier', input: premium, world: () => withTimes(serving()) });

test('the new tier is in the record, in the facts of the instance, and in its schedules', async () => {
  const world = serving();
  const { result, leases } = await endOf<TierReport>(temporal, world, 'changeTier', premium);
  expect(result).toMatchObject({ procedure: 'changeTier', instance, from: 'standard', tier: 'premium', notes: [] });
  expect(result.schedules.find(({ id }) => id === backup)).toMatchObject({
    change: 'change',
    words: expect.stringMatching(/^on \w+days at .* → daily at /),
  });
  expect(leases.released).toEqual([{ tier: 'premium' }]);
  expect(await tierOf(world)).toBe('premium');
  expect(schedulesOf(world)[backup]?.when).toMatchObject({ every: 'day' });
});

test('and back again, all is as it was; what retention may delete later is said, and no set is deleted now', async () => {
  const world = serving();
  const [before, schedules] = [world.snapshot(), schedulesOf(world)];
  await resultOf(temporal, world, 'changeTier', premium);
  const { notes } = await resultOf<TierReport>(temporal, world, 'changeTier', standard);
  expect(notes).toEqual([expect.stringMatching(/^no set was deleted.*drydock retention plan pharma/)]);
  expect([world.snapshot(), schedulesOf(world)]).toEqual([before, schedules]);
});

test('the present tier changes nothing but wrong schedules', async () => {
  const world = serving();
  const [before, schedules] = [world.snapshot(), schedulesOf(world)];
  await world.scheduler.remove(backup);
  const report = await resultOf<TierReport>(temporal, world, 'changeTier', standard);
  expect(report).toMatchObject({ from: 'standard', tier: 'standard', notes: [] });
  expect(report.schedules.filter(({ change }) => change !== 'unchanged')).toMatchObject([
    { id: backup, change: 'create' },
  ]);
  expect(world.snapshot()).toEqual({ ...(before as object), schedules: expect.arrayContaining([backup]) });
  expect(schedulesOf(world)).toEqual(schedules);
});

test('schedules that cannot be made leave the old tier, and the instance knows of no new one', async () => {
  const world = serving();
  const theirs = world.scheduler.schedules.get(backup);
  if (theirs === undefined) throw new Error('no schedule');
  world.scheduler.schedules.set(backup, { ...theirs, ours: false });
  const { failure, leases } = await endOf(temporal, world, 'changeTier', premium);
  expect(failure).toMatchObject({
    type: 'not-ours',
    message: expect.stringContaining('undone: put the old tier back'),
  });
  expect(leases.released).toEqual([{}]);
  expect(await tierOf(world)).toBe('standard');
});
