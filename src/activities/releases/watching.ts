import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Colour, Instant } from '../../contracts/ids.ts';
import type { Traffic, UpgradePlan } from '../../contracts/upgrade.ts';
import { DrydockError } from '../../errors.ts';
import { present } from '../../given.ts';
import { writingServices } from '../../model/instance/blueprint-stores.ts';
import { colouredService, containerName, edgeDirectory, projectName } from '../../model/instance/names.ts';
import { judgeTraffic } from '../../model/releases/traffic.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { checkpoint, onThisClock, reportProgress, saveCheckpoint, signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { type LocalInstance, openRelease } from '../instance/instances.ts';
import { readOnlyHolds } from '../instance/read-only-holds.ts';
import { smokeChecks } from '../instance/verification.ts';
import { releaseContainers } from './release-containers.ts';

/** How often a release is looked at, over which time its traffic is judged, and how often it is smoke tested. */
export interface WatchPace {
  lookMs: number;
  windowMs: number;
  smokeMs: number;
}
export const watchPace: WatchPace = { lookMs: 2_000, windowMs: 30_000, smokeMs: 10_000 };

/** How many bad looks or failed smoke tests in a row fail the watch; a single one may be chance. */
const limits = { badLooks: 2, failedSmokes: 3 };

const Counters = z.object({ requests: z.number(), errors: z.number(), totalMs: z.number() });
type Counters = z.infer<typeof Counters>;
const nothing: Counters = { requests: 0, errors: 0, totalMs: 0 };

/** What the edge reports since its start; the average covers only its last requests, so short spans are more exact. */
const Sample = z.object({ requests: z.number(), errors: z.number(), averageMs: z.number() });
type Sample = z.infer<typeof Sample>;

/** What a later attempt goes on from. */
const Watched = z.object({
  sinceMs: z.number(),
  sum: Counters,
  last: Sample,
  /** When each container had started, as seen when the watch began. */
  started: z.record(z.string(), z.string()),
});
type Watched = z.infer<typeof Watched>;

type WatchPlan = Pick<UpgradePlan, 'instance' | 'to' | 'watch'>;

/** Steps that watch a release while it serves. */
export function createWatchActivities(drivers: HostDrivers, pace: WatchPace) {
  const { directories, edge } = drivers;
  const countersOf = (instance: string, colour: Colour) =>
    edge.traffic(directories.path(instance, edgeDirectory), colour);

  return {
    /** Measures the traffic of a colour at the edge for that many seconds. */
    async measureTraffic(step: Fenced<{ instance: string; colour: Colour; seconds: number }>): Promise<Traffic> {
      const { instance, colour, seconds } = step;
      const before = await countersOf(instance, colour);
      await delay(seconds * 1000, undefined, { signal: signalOfStep() });
      return trafficOf(difference(before, await countersOf(instance, colour)), seconds);
    },

    /** Watches the new release until a moment; `unhealthy` as soon as it is worse than the plan allows. */
    async watchRelease(step: Fenced<{ plan: WatchPlan; before: Traffic; until: Instant }>): Promise<Traffic> {
      const { plan, before, until } = step;
      const endsAt = onThisClock(until);
      const local = await openRelease(directories, plan.instance, plan.to.colour);
      const watched = checkpoint(Watched) ?? (await beginning(plan));
      const window: { atMs: number; seen: Counters }[] = [];
      const count = { badLooks: 0, failedSmokes: 0 };
      let smokeDueAt = 0;
      for (;;) {
        const now = Date.now();
        await add(watched, window, plan);
        const problems = [
          ...judgeTraffic(before, judged(watched, window, plan), plan.watch),
          ...(await containerProblems(local, watched)),
        ];
        count.badLooks = problems.length > 0 ? count.badLooks + 1 : 0;
        if (count.badLooks >= limits.badLooks) fail(plan, problems);
        if (now >= smokeDueAt) {
          const failed = await failedSmokes(local);
          count.failedSmokes = failed.length > 0 ? count.failedSmokes + 1 : 0;
          if (count.failedSmokes >= limits.failedSmokes) fail(plan, failed);
          smokeDueAt = now + pace.smokeMs;
        }
        const whole = trafficOf(watched.sum, (Date.now() - watched.sinceMs) / 1000);
        // A watch that would end in doubt goes on until the doubt is settled.
        if (Date.now() >= endsAt && count.badLooks + count.failedSmokes === 0) return whole;
        report(whole, endsAt, problems);
        await delay(pace.lookMs, undefined, { signal: signalOfStep() });
      }
    },
  };

  async function beginning({ instance, to }: WatchPlan): Promise<Watched> {
    const containers = await releaseContainers(drivers, await directories.record(instance), to.colour);
    const started = Object.fromEntries(containers.map(({ view }) => [view.name, view.startedAt]));
    return { sinceMs: Date.now(), sum: nothing, last: await countersOf(instance, to.colour), started };
  }

  async function add(watched: Watched, window: { atMs: number; seen: Counters }[], plan: WatchPlan): Promise<void> {
    const found = await countersOf(plan.instance, plan.to.colour);
    const seen = difference(watched.last, found);
    watched.sum = sumOf([watched.sum, seen]);
    watched.last = found;
    window.push({ atMs: Date.now(), seen });
    while ((window[0]?.atMs ?? 0) < Date.now() - pace.windowMs) window.shift();
    saveCheckpoint(watched);
  }

  /** The traffic of the last half minute, or of the whole watch while the half minute has too few requests. */
  function judged(watched: Watched, window: readonly { seen: Counters }[], { watch }: WatchPlan): Traffic {
    const recent = sumOf(window.map(({ seen }) => seen));
    return recent.requests >= watch.minimumRequests
      ? trafficOf(recent, pace.windowMs / 1000)
      : trafficOf(watched.sum, (Date.now() - watched.sinceMs) / 1000);
  }

  async function failedSmokes(local: LocalInstance): Promise<string[]> {
    const checks = await smokeChecks(drivers, local);
    return checks.filter(({ ok }) => !ok).map(({ what, seen }) => `${what}: ${seen}`);
  }

  /** Containers of the release that are missing or changed since the watch began. A hold may stop the writers. */
  async function containerProblems({ record, blueprint }: LocalInstance, { started }: Watched): Promise<string[]> {
    const held = (await readOnlyHolds(directories, record.instance)).length > 0;
    const writers = writingServices(blueprint, record.colour);
    const found = await releaseContainers(drivers, record, record.colour);
    const expected = found.filter(({ service }) => !(held && writers.includes(service)));
    const gone = blueprint.release
      .map((service) => containerName(projectName(record.instance), colouredService(service, record.colour)))
      .filter((name) => !found.some(({ view }) => view.name === name));
    return [
      ...gone.map((name) => `${name} is gone`),
      ...expected.flatMap(({ view: { name, state, health, oomKilled, startedAt } }) =>
        present(
          oomKilled && `${name} ran out of memory`,
          state !== 'running' && `${name} is ${state}`,
          health === 'unhealthy' && `${name} is unhealthy`,
          started[name] !== undefined && started[name] !== startedAt && `${name} was restarted at ${startedAt}`,
        ),
      ),
    ];
  }
}

function fail({ instance, to }: WatchPlan, problems: readonly string[]): never {
  throw new DrydockError('unhealthy', `watch ${to.ref} serve ${instance}: the release is worse than the plan allows`, {
    problems,
  });
}

function report({ requests, errors }: Traffic, endsAt: number, problems: readonly string[]): void {
  const left = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
  const doubts = problems.length === 0 ? '' : `; ${problems.join('; ')}`;
  reportProgress({ what: `${requests} requests, ${errors} errors, ${left} s left${doubts}` });
}

/** Counters only grow, unless the proxy was restarted: then they count from zero. */
function difference(before: Sample, after: Sample): Counters {
  const since = after.requests < before.requests ? { requests: 0, errors: 0 } : before;
  const requests = after.requests - since.requests;
  return { requests, errors: Math.max(0, after.errors - since.errors), totalMs: requests * after.averageMs };
}

function sumOf(all: readonly Counters[]): Counters {
  return all.reduce(
    (sum, { requests, errors, totalMs }) => ({
      requests: sum.requests + requests,
      errors: sum.errors + errors,
      totalMs: sum.totalMs + totalMs,
    }),
    nothing,
  );
}

function trafficOf({ requests, errors, totalMs }: Counters, seconds: number): Traffic {
  return { requests, errors, averageMs: requests === 0 ? 0 : totalMs / requests, seconds };
}
