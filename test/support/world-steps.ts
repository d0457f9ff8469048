import { mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { errorInterceptor } from '../../src/activities/attempt/error-interceptor.ts';
import type { HostActivities } from '../../src/activities/index.ts';
import { LeaseToken } from '../../src/contracts/lease.ts';
import { type UpgradePlan, UpgradeRequest } from '../../src/contracts/upgrade.ts';
import { aRecord, type blueprintFiles } from './builders.ts';
import type { MemoryWorld } from './world-in-memory.ts';
import { publish } from './world-runs.ts';

const { instance, id, host } = aRecord();
export const lease = { instance, id, host, token: LeaseToken.parse(1) };

type WithoutLease<Input> = Input extends unknown ? Omit<Input, 'lease'> : never;
type Input<Name extends keyof HostActivities> = Parameters<HostActivities[Name]>[0];
type Output<Name extends keyof HostActivities> = Awaited<ReturnType<HostActivities[Name]>>;

export interface StepOptions {
  /** How many times the step runs in a row, as with retries; the result is that of the last run. */
  times?: number;
  /** The checkpoint of an earlier attempt. */
  checkpoint?: unknown;
  /** Called with the heartbeats of the step. */
  onHeartbeat?: (details: { checkpoint?: unknown; progress?: unknown }) => void;
  cancelled?: boolean;
}

/** Runs one step of the host as a worker does, without a server. */
export async function runStep<Name extends keyof HostActivities>(
  world: MemoryWorld,
  name: Name,
  input: WithoutLease<Input<Name>>,
  options: StepOptions = {},
): Promise<Output<Name>> {
  const step = world.host[name] as (input: unknown) => Promise<Output<Name>>;
  return inActivity(() => step({ ...input, lease }), options);
}

/** Runs anything as an activity. */
export async function inActivity<T>(run: () => Promise<T>, options: StepOptions = {}): Promise<T> {
  const { times = 1, checkpoint, onHeartbeat, cancelled } = options;
  const details = checkpoint === undefined ? {} : { heartbeatDetails: { checkpoint } };
  // By the server's clock, which is ours; the environment's own default is half a century ago.
  const scheduled = { currentAttemptScheduledTimestampMs: Date.now() };
  const environment = new MockActivityEnvironment(
    { ...details, ...scheduled, heartbeatTimeoutMs: 10_000 },
    { interceptors: [errorInterceptor], logger: new DefaultLogger('ERROR') },
  );
  if (onHeartbeat !== undefined) environment.on('heartbeat', onHeartbeat);
  if (cancelled) environment.cancel('CANCELLED');
  for (let time = 1; time < times; time += 1) await environment.run(run);
  return environment.run(run);
}

/** Pushes a blueprint and makes an instance of it whose containers run. */
export async function makeInstance(world: MemoryWorld, blueprint: Parameters<typeof blueprintFiles>[0] = {}) {
  const ref = await publish(world, blueprint);
  const request = { instance, blueprint: ref, tier: 'standard', variables: {}, storePorts: 'closed' };
  const plan = await inActivity(() => world.host.planProvision({ request: request as never }));
  await runStep(world, 'createDirectory', { plan });
  await runStep(world, 'createVolumes', { plan });
  await runStep(world, 'renderFiles', { instance });
  await runStep(world, 'startServing', { instance });
  return plan;
}

/** Pushes a later version and plans the upgrade of the instance to it. */
export async function planNext(
  world: MemoryWorld,
  choices: Parameters<typeof blueprintFiles>[0],
  request: object = {},
): Promise<UpgradePlan> {
  const to = await publish(world, choices ?? {});
  return runStep(world, 'planUpgrade', { request: UpgradeRequest.parse({ instance, to, ...request }) });
}

/** The renames that exchange the files of blue, which serves, and green, in order. */
export const renamesOfReleases = ['blueprint', '.env'].flatMap((file): [string, string][] => [
  [file, `.drydock/releases/blue/${file}`],
  [`.drydock/releases/green/${file}`, file],
]);

/** Exchanges blue, which serves, and green up to a rename. */
export async function exchangeHalfWay({ drivers: { directories } }: MemoryWorld, renames: number): Promise<void> {
  // The exchange writes this note first, and so knows from then on that there are two releases.
  const note = JSON.parse((await directories.read(instance, '.drydock/releases/green/release.json')) ?? '');
  const turned = JSON.stringify({ ...note, own: note.other, other: note.own });
  await directories.write(instance, '.drydock/releases/blue/release.json', turned);
  for (const [from, to] of renamesOfReleases.slice(0, renames)) {
    await mkdir(dirname(directories.path(instance, to)), { recursive: true });
    await rename(directories.path(instance, from), directories.path(instance, to));
  }
}
