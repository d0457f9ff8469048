import { Blueprint } from '../../src/contracts/blueprint.ts';
import {
  type Hold,
  NightJob,
  type NightOutcome,
  type NightSource,
  type WantedSchedule,
} from '../../src/contracts/night.ts';
import { firings } from '../../src/model/nights/firings.ts';
import { wantedSchedules } from '../../src/model/nights/night.ts';
import { beginBy, reasonNotToBegin, withOutcome } from '../../src/model/nights/night-job.ts';
import { leftOutBefore, overlooked } from '../../src/model/nights/overlooked.ts';
import { aBlueprint } from './builders.ts';

/*
 * A month of nights, simulated with the decisions of the model and without Temporal: schedules fire as firings.ts says
 * (test/activities/nights/scheduler.test.ts proves that Temporal does), firings that an outage suppressed come once
 * afterwards if they are not older than the catch-up window, heavy jobs of a host queue up, and a watchman comes by every
 * half hour.
 */

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

export interface Run {
  readonly instance: string;
  readonly host: string;
  readonly job: NightJob;
  readonly dueAt: Date;
  readonly began: number;
  readonly ended: number;
  readonly outcome: NightOutcome['outcome'];
}

export interface Circumstances {
  zone?: string;
  from: string;
  days: number;
  outage?: { from: string; hours: number };
  holds?: Record<string, Hold>;
}

export const instances = Array.from({ length: 50 }, (_, number) => ({
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

/** Duration of a job, in minutes. */
const lasts = ({ job }: NightJob) =>
  job === 'drill' ? 25 : job.startsWith('cleanup') ? 3 : job.startsWith('capture') ? 1 : 12;

export function month(circumstances: Circumstances): {
  runs: Run[];
  reported: (NightOutcome & { instance: string })[];
} {
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
      // Overlap SKIP: of firings that come late at the same moment only the first starts.
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

/** Reports of the watchman, who looks every half hour, but not during the outage. */
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

export function count<Item>(items: readonly Item[], by: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[by(item)] = (counts[by(item)] ?? 0) + 1;
  return counts;
}
