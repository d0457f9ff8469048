import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';
import { type Identity, identityOf } from '../../src/contracts/ids.ts';
import { aPush, type BlueprintChoices } from './builders.ts';
import { type LeaseBook, leaseBook, type World } from './procedure-checks.ts';
import type { Carrier } from './temporal.ts';
import type { Application } from './world-application.ts';
import { createWorld, type MemoryWorld, type Seed, type WorldOptions } from './world-in-memory.ts';

export interface Ending<Report = Record<string, unknown>> {
  readonly result: Report;
  readonly failure: ApplicationFailure | undefined;
  readonly leases: LeaseBook;
}

/** Runs one procedure on a world to its end, good or bad. */
export async function endOf<Report>(
  temporal: Carrier,
  world: World,
  workflow: string,
  ...args: readonly unknown[]
): Promise<Ending<Report>> {
  const leases = leaseBook('h1', world.idOf);
  const control = { ...world.control, ...leases.activities };
  return temporal.withWorkers({ control, hosts: world.hosts }, async (taskQueue) => {
    const workflowId = `${workflow}-${randomUUID()}`;
    const running = temporal.env.client.workflow.execute(workflow, { taskQueue, workflowId, args: [...args] });
    return running.then(
      (result: unknown) => ({ result: result as Report, failure: undefined, leases }),
      (error: unknown) => ({ result: {} as Report, failure: causeOf(error), leases }),
    );
  });
}

/** Runs one procedure that must succeed; returns its report. */
export async function resultOf<Report>(
  temporal: Carrier,
  world: World,
  workflow: string,
  ...args: readonly unknown[]
): Promise<Report> {
  const { result, failure } = await endOf<Report>(temporal, world, workflow, ...args);
  expect(failure?.message).toBeUndefined();
  return result;
}

function causeOf(error: unknown): ApplicationFailure {
  if (error instanceof WorkflowFailedError) return error.cause as ApplicationFailure;
  throw error;
}

export async function publish(world: MemoryWorld, choices: BlueprintChoices): Promise<string> {
  const { blueprint } = await world.catalogue.publishBlueprint({ push: aPush(choices) });
  return blueprint;
}

export interface Seeds {
  /** A world with a pushed blueprint and no instance. */
  readonly empty: Seed;
  /** `pharma` serves and holds data; there is one set of it, of other data. */
  readonly serving: Seed;
  /** The set of the world `serving`. */
  readonly set: string;
}

/** The worlds that procedures begin in, made by the procedures themselves. */
export async function makeSeeds(
  temporal: Carrier,
  application: Application,
  stores: BlueprintChoices['stores'] = ['graph', 'files'],
  options: WorldOptions = {},
): Promise<Seeds> {
  const world = createWorld({ application, ...options });
  const blueprint = await publish(world, { port: application.port, stores });
  const empty = await world.freeze();
  await resultOf(temporal, world, 'provision', { instance: 'pharma', blueprint });
  await fill(world, 'old');
  const { set } = await resultOf<{ set: string }>(temporal, world, 'backup', { instance: 'pharma' });
  await fill(world, 'new');
  await pause(1_001 - (Date.now() % 1_000)); // sets that a host makes within one second of its clock have no order
  return { empty, serving: await world.freeze(), set };
}

/** The instance of this name that the world's host has. */
export async function identityIn(world: Pick<MemoryWorld, 'drivers'>, instance = 'pharma'): Promise<Identity> {
  return identityOf(await world.drivers.directories.record(instance));
}

/** Puts data with `word` into every serving store of `pharma`; new data is more than old data. */
export async function fill(world: MemoryWorld, word: 'old' | 'new', instance = 'pharma'): Promise<void> {
  const { directories, containers } = world.drivers;
  const { generation } = await directories.record(instance);
  const labels = { 'drydock.instance': instance, 'drydock.generation': String(generation) };
  for (const { name } of await containers.volumes(labels)) {
    const items: [string, string][] = [[`${word} item`, word]];
    if (word === 'new') items.push(['another item', word]);
    world.stores.held.set(name, new Map(items));
  }
  await directories.write(instance, 'data/docs/page.txt', `${word} page`);
}

/** Contents of the serving generation of an instance, in one word per place. */
export async function servedBy(world: MemoryWorld, instance = 'pharma'): Promise<string[]> {
  const { directories, containers } = world.drivers;
  const { generation } = await directories.record(instance);
  const labels = { 'drydock.instance': instance, 'drydock.generation': String(generation) };
  const volumes = await containers.volumes(labels);
  const words = volumes.map(({ name }) => [...new Set((world.stores.held.get(name) ?? new Map()).values())].join('+'));
  return [...words, (await directories.read(instance, 'data/docs/page.txt')) ?? 'no page'];
}

/** Calls `before` with the input and the name of every step on the host; a plain error it throws is not tried again. */
export function around(
  world: MemoryWorld,
  // biome-ignore lint/suspicious/noExplicitAny: each step has its own input
  before: (input: any, step: string) => unknown,
): void {
  const steps = world.hosts['h1'] ?? {};
  for (const [name, run] of Object.entries(steps)) {
    steps[name] = async (input) => {
      try {
        await before(input, name);
      } catch (error) {
        throw ApplicationFailure.nonRetryable(error instanceof Error ? error.message : String(error), 'internal');
      }
      return run(input);
    };
  }
}
