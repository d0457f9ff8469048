import type { ActivityOptions } from '@temporalio/common';
import type { createJournal } from '../../activities/catalogue/journal.ts';
import type { createLeases } from '../../activities/claims/leases.ts';
import type { createTurns } from '../../activities/claims/turns.ts';
import type { ControlActivities, HostActivities } from '../../activities/index.ts';
import type { Lease } from '../../contracts/lease.ts';
import { hostQueue } from '../../contracts/queues.ts';
import type { Platform } from './platform.ts';
import { longSteps, type PolicyName, policies } from './policies.ts';
import type { StepLog } from './step-log.ts';

type WithoutLease<Input> = Input extends unknown ? Omit<Input, 'lease'> : never;
type Step<Activity> = Activity extends (input: infer Input) => Promise<infer Output>
  ? keyof WithoutLease<Input> extends never
    ? () => Promise<Output>
    : (input: WithoutLease<Input>) => Promise<Output>
  : never;

/** The activities of one host, each under the lease they were made with. */
export type HostSteps = { readonly [Name in keyof HostActivities]: Step<HostActivities[Name]> };
/** The activities that any control worker runs: catalogue, journal, planning without a host. */
export type ControlSteps = { readonly [Name in keyof ControlActivities]: Step<ControlActivities[Name]> };

/** What every procedure needs beside its own steps. */
export type Plumbing = ReturnType<typeof createLeases> &
  ReturnType<typeof createTurns> &
  ReturnType<typeof createJournal>;

export function hostSteps(log: StepLog, host: string, lease: Lease | undefined): HostSteps {
  const route = { taskQueue: hostQueue(host) };
  return handles<HostSteps>((activity, input) => {
    return callStep(log, activity, lease === undefined ? input : { ...input, lease }, {
      policy: longSteps.has(activity) ? 'long' : 'short',
      route,
    });
  });
}

export function controlSteps(log: StepLog): ControlSteps {
  return handles<ControlSteps>((activity, input) => {
    const policy = activity === 'notify' ? 'notice' : longSteps.has(activity) ? 'long' : 'control';
    return callStep(log, activity, input, { policy, route: {} });
  });
}

/** Control activities that are not steps of the runbook: lease and journal. */
export function plumbing(platform: Platform): Plumbing {
  return handles<Plumbing>((activity, input) => {
    return platform.activity(activity, input, { ...policies.control, summary: activityWords(activity) });
  });
}

/** `captureStore` with `{store: 'graph'}` reads `capture store graph`. */
export function stepName(activity: string, input: object): string {
  const words = activityWords(activity);
  const given = subjects.filter((field) => nameOf(Reflect.get(input, field)) !== undefined);
  const subject = given.find((field) => words.toLowerCase().includes(field)) ?? given[0];
  return subject === undefined ? words : `${words} ${nameOf(Reflect.get(input, subject))}`;
}

const subjects = [
  'store',
  'artifact',
  'collection',
  'service',
  'migration',
  'colour',
  'generation',
  'mode',
  'set',
  'blueprint',
  'key',
  'event',
] as const;

/** What people call it; a digest is for machines. */
function nameOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return /^[0-9a-f]{64}$/.test(value) ? undefined : value;
  const name: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'name') : undefined;
  return typeof name === 'string' ? name : undefined;
}

function activityWords(activity: string): string {
  return activity.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function callStep(
  log: StepLog,
  activity: string,
  input: object,
  options: { policy: PolicyName; route: ActivityOptions },
): Promise<unknown> {
  const name = stepName(activity, input);
  const activityId = log.nextActivityId(name);
  const unwinding = log.unwinding && options.policy !== 'notice';
  const policy = policies[unwinding ? 'undo' : options.policy];
  const summary = name.slice(0, 120);
  return log.step(
    name,
    () => log.platform.activity(activity, input, { ...policy, ...options.route, activityId, summary }),
    activityId,
  );
}

function handles<Steps>(run: (activity: string, input: object) => Promise<unknown>): Steps {
  return new Proxy(
    {},
    {
      get(_, name) {
        // A promise that resolves to the handles asks whether they are a promise too.
        if (typeof name !== 'string' || name === 'then') return undefined;
        return (input: object = {}) => run(name, input);
      },
    },
  ) as Steps;
}
