import type { ActivityOptions } from '@temporalio/common';
import type { ControlActivities, HostActivities } from '../../activities/index.ts';
import type { StepDeclaration } from '../../activities/step-declaration.ts';
import { controlDeclarations, hostDeclarations, plumbingDeclarations } from '../../activities/steps.ts';
import type { Lease } from '../../contracts/lease.ts';
import { hostQueue } from '../../contracts/queues.ts';
import type { Platform } from './platform.ts';
import { policies } from './policies.ts';
import type { StepLog } from './step-log.ts';

type WithoutLease<Input> = Input extends unknown ? Omit<Input, 'lease'> : never;
type Step<Activity> = Activity extends (input: infer Input) => Promise<infer Output>
  ? keyof WithoutLease<Input> extends never
    ? () => Promise<Output>
    : (input: WithoutLease<Input>) => Promise<Output>
  : never;

/** The activities of one host, each under the lease that the handles were made with. */
export type HostSteps = { readonly [Name in keyof HostActivities]: Step<HostActivities[Name]> };
/** The activities that any control worker runs: catalogue, journal, planning without a host. */
export type ControlSteps = { readonly [Name in keyof ControlActivities]: Step<ControlActivities[Name]> };
/** What every procedure needs beside its own steps. */
export type Plumbing = Pick<ControlSteps, keyof typeof plumbingDeclarations>;

export function hostSteps(log: StepLog, host: string, lease: Lease | undefined): HostSteps {
  const route = { taskQueue: hostQueue(host) };
  return handles<HostSteps>(hostDeclarations, (activity, declared, input) => {
    return callStep(log, declared, input, (options) => {
      return log.platform.activity(activity, lease === undefined ? input : { ...input, lease }, {
        ...options,
        ...route,
      });
    });
  });
}

export function controlSteps(log: StepLog): ControlSteps {
  return handles<ControlSteps>(controlDeclarations, (activity, declared, input) => {
    return callStep(log, declared, input, (options) => log.platform.activity(activity, input, options));
  });
}

/** Control activities that are not steps of the runbook: lease, turn and journal. */
export function plumbing(platform: Platform): Plumbing {
  return handles<Plumbing>(plumbingDeclarations, (activity, { title, policy }, input) => {
    return platform.activity(activity, input, { ...policies[policy], summary: title });
  });
}

function callStep(
  log: StepLog,
  declared: StepDeclaration,
  input: object,
  work: (options: ActivityOptions) => Promise<unknown>,
): Promise<unknown> {
  const subject = declared.subject?.(input);
  const name = subject === undefined ? declared.title : `${declared.title} ${subject}`;
  const activityId = log.nextActivityId(name);
  const undoing = log.unwinding && declared.policy !== 'notice';
  const options = { ...policies[undoing ? 'undo' : declared.policy], activityId, summary: name.slice(0, 120) };
  return log.step(name, () => work(options), { activityId, event: (answer) => declared.event?.(answer, input) });
}

/** One function for each declaration, under the name of its activity. */
function handles<Steps>(
  declarations: Readonly<Record<string, StepDeclaration>>,
  run: (activity: string, declared: StepDeclaration, input: object) => Promise<unknown>,
): Steps {
  const steps = Object.entries(declarations).map(([activity, declared]) => {
    return [activity, (input: object = {}) => run(activity, declared, input)];
  });
  return Object.fromEntries(steps) as Steps;
}
