import { describe, expect, test } from 'vitest';
import { Blueprint } from '../../../src/contracts/blueprint.ts';
import {
  type Hold,
  NightJob,
  type NightOutcome,
  type NightSource,
  type WantedSchedule,
} from '../../../src/contracts/night.ts';
import { firings } from '../../../src/model/nights/firings.ts';
import { wantedSchedules } from '../../../src/model/nights/night.ts';
import { beginBy, reasonNotToBegin, withOutcome } from '../../../src/model/nights/night-job.ts';
import { leftOutBefore, overlooked } from '../../../src/model/nights/overlooked.ts';
import { aBlueprint } from '../../support/builders.ts';

/*
 * A month of nights, simulated with the decisions of the model and without Temporal: schedules fire as firings.ts says
 * (test/activities/scheduler.test.ts proves that Temporal does), what an outage kept from firing is fired once afterwards if
 * it is not older than the catch-up window, heavy jobs of a host queue up, and a watchman comes by every half hour.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

interface Run {
  readonly instance: string;
  readonly host: string;
  readonly job: NightJob;
  readonly dueAt: Date;
  readonly began: number;
  readonly ended: number;
  readonly outcome: NightOutcome['outcome'];
}

interface Circumstances {
  zone?: string;
  from: string;
  days: number;
  outage?: { from: string; hours: number };
  holds?: Record<string, Hold>;
}

const instances = Array.from({ length: 50 }, (_, number) => ({
  instance: `client-${number}`,
  host: `h${number % 5}`,
  tier: number % 2 === 0 ? 'premium' : 'standard',
})) as unknown as NightSource[];

function schedulesOf(source: NightSource, zone = 'UTC'): WantedSchedule[] {
  const blueprint = Blueprint.parse({
    ...aBlueprint({ stores: ['graph', 'vectors', 'queue', 'files'] }),
    objectives: { queue: { rpo: '1h' } },
    nights: { zone },
  });
  return wantedSchedules(source, blueprint);
}

/** So long a job works, in minutes. */
const lasts = ({ job }: NightJob) =>
  job === 'drill' ? 25 : job.startsWith('cleanup') ? 3 : job.startsWith('capture') ? 1 : 12;

function month(circumstances: Circumstances): { runs: Run[]; reported: (NightOutcome & { instance: string })[] } {
  const { zone, from, days, outage, holds = {} } = circumstances;
  const [start, end] = [Date.parse(from), Date.parse(from) + days * 24 * hourMs];
  const away =
    outage === undefined
      ? undefined
      : { from: Date.parse(outage.from), to: Date.parse(outage.from) + outage.hours * hourMs };
  const isAway = (time: number) => away !== undefined && time >= away.from && time < away.to;
  const started: { at: number; dueAt: Date; job: NightJob; source: NightSource }[] = [];
  for (const source of instances) {
    for (const { when, input, catchupMinutes } of schedulesOf(source, zone)) {
      const job = NightJob.parse(input);
      const all = firings(when, new Date(start), new Date(end));
      for (const dueAt of all.filter((time) => !isAway(time.getTime())))
        started.push({ at: dueAt.getTime(), dueAt, job, source });
      // Overlap SKIP: of what is caught up only the first starts, the others are at the same moment.
      const late = all.find(
        (time) => isAway(time.getTime()) && time.getTime() >= (away?.to ?? 0) - catchupMinutes * minuteMs,
      );
      if (late !== undefined && away !== undefined) started.push({ at: away.to, dueAt: late, job, source });
    }
  }
  const free = new Map<string, number>();
  const runs = started
    .sort((one, other) => one.at - other.at)
    .map(({ at, dueAt, job, source: { instance, host } }): Run => {
      const begins = job.turn === 'host' ? Math.max(at, free.get(host) ?? 0) : at;
      const sight = { status: 'serving', hold: holds[instance] };
      const late = begins > Math.max(at, beginBy(job, dueAt).getTime());
      const reason = late ? { outcome: 'missed' as const } : reasonNotToBegin(job, dueAt, sight, new Date(begins));
      if (reason !== undefined)
        return { instance, host, job, dueAt, began: begins, ended: begins, outcome: reason.outcome };
      const ended = begins + lasts(job) * minuteMs;
      if (job.turn === 'host') free.set(host, ended);
      return { instance, host, job, dueAt, began: begins, ended, outcome: 'done' };
    });
  return { runs, reported: watched(runs, circumstances, isAway) };
}

/** What the watchman reports who looks every half hour, but not during the outage. */
function watched(runs: readonly Run[], { zone, from, days }: Circumstances, isAway: (time: number) => boolean) {
  const start = Date.parse(from);
  const reported: (NightOutcome & { instance: string })[] = [];
  for (const source of instances) {
    let known: Record<string, NightOutcome> = {};
    const own = runs
      .filter(({ instance }) => instance === source.instance)
      .sort((one, other) => one.ended - other.ended);
    const schedules = schedulesOf(source, zone).map(({ when, input }) => ({ when, job: NightJob.parse(input) }));
    for (let now = start; now < start + days * 24 * hourMs; now += 30 * minuteMs) {
      if (isAway(now)) continue;
      for (let run = own[0]; run !== undefined && run.ended <= now; run = own[0]) {
        own.shift();
        const { job, outcome, dueAt, ended } = run;
        const at = new Date(ended).toISOString();
        const { when } = job;
        const last = known[job.job];
        const leftOut = when === undefined ? [] : leftOutBefore(dueAt, { when, last, changedAt: new Date(start) });
        if (leftOut.length > 0) {
          const [first = dueAt] = leftOut;
          reported.push({ job: job.job, outcome: 'missed', dueAt: first.toISOString(), at, instance: source.instance });
        }
        known = withOutcome(known, { job: job.job, outcome, dueAt: dueAt.toISOString(), at });
      }
      const running = new Set<string>();
      for (const { job, began, ended } of own) {
        if (began <= now) running.add(job.job);
        if (ended > now + 24 * hourMs) break; // they are in the order of their ends, and none takes a day
      }
      for (const { when, job } of schedules) {
        const schedule = { paused: false, changedAt: new Date(start), runs: running.has(job.job) };
        const found = overlooked({ job, when, last: known[job.job], schedule }, new Date(now));
        if (found === undefined) continue;
        known = withOutcome(known, found);
        reported.push({ ...found, instance: source.instance });
      }
    }
  }
  return reported;
}

function count<Item>(items: readonly Item[], by: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[by(item)] = (counts[by(item)] ?? 0) + 1;
  return counts;
}

/** Captures that an outage swallows are not made good. The watchman says it, or the first that runs again, or both. */
function onlyCaptures(reported: readonly (NightOutcome & { instance: string })[]): void {
  expect(new Set(reported.map(({ job }) => job))).toEqual(new Set(['capture-queue']));
  const told = Object.values(count(reported, ({ instance }) => instance));
  expect(told).toHaveLength(50);
  expect(Math.max(...told)).toBeLessThanOrEqual(2);
}

describe('a month of nights of 50 instances on 5 hosts', () => {
  const { runs, reported } = month({ from: '2026-11-01T00:00:00Z', days: 28 });

  test('every schedule fires, every job is done in its night, and nobody is disturbed', () => {
    expect(count(runs, ({ outcome }) => outcome)).toEqual({ done: runs.length });
    const backups = runs.filter(({ job }) => job.job === 'backup');
    expect(count(backups, ({ instance }) => instance)).toEqual(
      Object.fromEntries(instances.map(({ instance, tier }) => [instance, tier === 'premium' ? 28 : 4])),
    );
    expect(runs.filter(({ job }) => job.job === 'capture-queue')).toHaveLength(50 * 28 * 48);
    expect(reported).toEqual([]);
  });

  test('no host ever does two heavy jobs at once, and none begins after its night', () => {
    for (const host of ['h0', 'h1', 'h2', 'h3', 'h4']) {
      const heavy = runs.filter((run) => run.host === host && run.job.turn === 'host');
      for (const [index, run] of heavy.entries())
        expect(run.began).toBeGreaterThanOrEqual(heavy[index - 1]?.ended ?? 0);
    }
    for (const { job, dueAt, began } of runs) expect(began).toBeLessThanOrEqual(beginBy(job, dueAt).getTime());
  });
});

test('after an outage that ends within the night, what it kept from beginning begins then', () => {
  const { runs, reported } = month({
    ...{ from: '2026-11-01T00:00:00Z', days: 4, outage: { from: '2026-11-02T23:30:00Z', hours: 5 } },
  });
  const nightly = runs.filter(({ job, instance }) => job.job === 'backup' && Number(instance.slice(7)) % 2 === 0);
  const late = nightly.filter(
    ({ dueAt, began }) => began - dueAt.getTime() > 0 && dueAt.toISOString().startsWith('2026-11-03'),
  );
  expect(late).toHaveLength(25);
  expect(count(late, ({ outcome }) => outcome)).toEqual({ done: 25 });
  expect(nightly).toHaveLength(4 * 25);
  onlyCaptures(reported);
});

test('after an outage of five hours over the whole night, every job of it is reported as missed, and none begins by day', () => {
  const { runs, reported } = month({
    ...{ from: '2026-11-01T00:00:00Z', days: 4, outage: { from: '2026-11-03T02:30:00Z', hours: 5 } },
  });
  const isOfThatNight = ({ dueAt, job }: Run) => job.job === 'backup' && dueAt.toISOString().startsWith('2026-11-03');
  const backups = runs.filter(isOfThatNight);
  expect(backups.length).toBeGreaterThanOrEqual(25);
  expect(count(backups, ({ outcome }) => outcome)).toEqual({ missed: backups.length });
  const day = (time: number) => new Date(time).toISOString();
  const begun = runs.filter(
    ({ outcome, job, began }) => outcome === 'done' && job.turn === 'host' && day(began) >= '2026-11-03T07:00',
  );
  expect(begun.every(({ began }) => day(began) >= '2026-11-04T03:00')).toBe(true);
  onlyCaptures(reported); // each job of the night came late, and said so itself
});

test('after an outage of two days the nights that Temporal no longer starts are reported, once for each job', () => {
  const { runs, reported } = month({
    ...{ from: '2026-11-01T00:00:00Z', days: 5, outage: { from: '2026-11-02T02:00:00Z', hours: 51 } },
  });
  const premium = ({ instance }: { instance: string }) => Number(instance.slice(7)) % 2 === 0;
  const backups = reported.filter((one) => one.job === 'backup' && premium(one));
  expect(new Set(backups.map(({ instance }) => instance)).size).toBe(25);
  expect(backups).toHaveLength(25);
  const third = runs.filter(
    ({ job, dueAt, instance }) =>
      job.job === 'backup' && premium({ instance }) && dueAt.toISOString().startsWith('2026-11-04'),
  );
  // What comes two hours late stands in one line on its host, drills among it: some do not begin before the night is over.
  const { done = 0, missed = 0 } = count(third, ({ outcome }) => outcome);
  expect(done + missed).toBe(25);
  expect(done).toBeGreaterThanOrEqual(20);
});

test('the jobs of a frozen instance are held until the hold ends, and those of the others go on', () => {
  const hold: Hold = { reason: 'audit', since: '2026-11-05T12:00:00.000Z', until: '2026-11-10T12:00:00.000Z' };
  const { runs, reported } = month({ from: '2026-11-05T12:00:00Z', days: 10, holds: { 'client-0': hold } });
  const own = runs.filter(({ instance }) => instance === 'client-0');
  for (const { began, outcome } of own) expect(outcome).toBe(began < Date.parse(hold.until) ? 'held' : 'done');
  expect(own.filter(({ job }) => job.job === 'backup').map(({ outcome }) => outcome)).toEqual([
    ...Array(5).fill('held'),
    ...Array(5).fill('done'),
  ]);
  expect(runs.filter(({ instance }) => instance !== 'client-0').every(({ outcome }) => outcome === 'done')).toBe(true);
  expect(reported).toEqual([]);
});

test.each([
  ['2027-03-20T00:00:00Z', '2027-03-28', 1],
  ['2026-10-17T00:00:00Z', '2026-10-25', 2],
])('a night in Berlin in which clocks change (from %s) has every job once', (from, changes, offsetAfter) => {
  const { runs, reported } = month({ zone: 'Europe/Berlin', from, days: 16 });
  expect(count(runs, ({ outcome }) => outcome)).toEqual({ done: runs.length });
  const backups = runs.filter(({ job, instance }) => job.job === 'backup' && instance === 'client-0');
  expect(backups).toHaveLength(16);
  const [before, after] = [changes > '2027' ? 2 : 1, offsetAfter];
  for (const { dueAt } of backups) {
    const hour = dueAt.getUTCHours();
    expect(hour).toBe(dueAt.toISOString() < changes ? before : after);
  }
  expect(reported).toEqual([]);
});
