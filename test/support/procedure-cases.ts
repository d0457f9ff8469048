import { activityInfo, getClient } from '@temporalio/activity';
import type { NightsOf } from '../../src/activities/nights/nights.ts';
import { manifestKey, tombstoneKey, volumeName } from '../../src/model/instance/names.ts';
import { anIdentity, aPush, idOf } from './builders.ts';
import type { ProcedureCase, World } from './procedure-checks.ts';
import { createReleaseWorld, keptUntil, planHash } from './release-world.ts';
import { aTombstone, putSet, setOf } from './retention-cases.ts';
import type { Activities } from './temporal.ts';
import type { Application } from './world-application.ts';
import { withoutEvidence } from './world-evidence.ts';
import { createWorld, type MemoryWorld, type Seed } from './world-in-memory.ts';
import { publish, type Seeds } from './world-runs.ts';

/** A good run of a procedure, in a world that has what it needs. */
export type GoodRun = Omit<ProcedureCase, 'temporal'>;

const pharma = { instance: 'pharma' };
const { id } = anIdentity();
const confirmed = { ...pharma, confirm: 'pharma' };
/** Recipients of the sets of the worlds below; without any, sets would hold no secrets. */
export const recipients = ['age1key'];

/** Every procedure at least once, over the real steps. */
export async function realRuns(application: Application, seeds: Seeds): Promise<Record<string, GoodRun>> {
  const from = (seed: Seed) => createWorld({ application, seed, recipients });
  const serving = (change: (world: MemoryWorld) => void = () => {}) => {
    const world = from(seeds.serving);
    change(world);
    return world;
  };
  const sold = { ...pharma, host: 'h1', tier: 'standard', blueprint: 'stack@1.0.0' } as NightsOf;
  const nights = await serving().catalogue.planSchedules({ instance: sold.instance, nights: sold });
  const withNights = ({ scheduler }: MemoryWorld) => {
    for (const { wanted } of nights.changes) if (wanted !== undefined) void scheduler.put(wanted);
  };
  const runs: Record<string, Omit<GoodRun, 'workflow'> & { workflow?: string }> = {
    provision: { input: { instance: 'acme', blueprint: 'stack@1.0.0' }, world: () => from(seeds.empty) },
    backup: { input: pharma, world: serving, pointOfNoReturn: 'describeSet' },
    capture: {
      workflow: 'backup',
      input: { ...pharma, stores: ['files'] },
      world: serving,
      pointOfNoReturn: 'describeSet',
    },
    restore: { input: { ...confirmed, skipSafetySet: 'a test' }, world: serving, pointOfNoReturn: 'discardStaging' },
    restoreSafely: { workflow: 'restore', input: confirmed, world: serving, pointOfNoReturn: 'planRestore' },
    newest: {
      workflow: 'restore',
      input: { ...confirmed, skipSafetySet: 'a test', newest: ['files'] },
      world: serving,
      pointOfNoReturn: 'discardStaging',
    },
    restoreAs: {
      workflow: 'restore',
      input: { ...pharma, as: 'copy' },
      world: serving,
      pointOfNoReturn: 'discardStaging',
    },
    drill: { input: pharma, world: () => withoutEvidence(serving()) },
    verify: { input: pharma, world: serving },
    verifySet: {
      workflow: 'verify',
      input: { ...pharma, set: 'latest' },
      world: serving,
      pointOfNoReturn: 'verifySet',
    },
    readOnly: { input: { ...pharma, state: 'on', reason: 'audit' }, world: serving },
    changeTier: { input: { ...pharma, tier: 'premium' }, world: () => serving(withNights) },
    retention: { input: pharma, world: () => serving(withSets), pointOfNoReturn: 'planRetention' },
    oldNodes: {
      workflow: 'cleanup',
      input: { ...pharma, what: 'proto-kg' },
      world: () => serving(litter),
      pointOfNoReturn: 'planCleanup',
    },
    vectorSpace: {
      workflow: 'cleanup',
      input: { ...pharma, what: 'qdrant' },
      world: () => serving(litter),
      pointOfNoReturn: 'restoreVacuum',
    },
    retireGeneration: { input: { ...pharma, id, generation: 9, notBefore: keptUntil }, world: serving },
    settle: { input: { ...pharma, id, dead: ['upgrade-1'] }, world: serving },
    decommission: {
      input: { ...confirmed, skipFinalSet: 'a test' },
      world: serving,
      pointOfNoReturn: 'planDecommission',
    },
    blueprint: { input: aPush({ port: application.port, version: '9.0.0' }), world: serving },
    blueprints: { input: {}, world: serving },
    sets: { input: pharma, world: serving },
    setsOfRemoved: { workflow: 'sets', input: { ...pharma, removed: true }, world: () => serving(withRemoved) },
    set: { input: { set: seeds.set }, world: serving },
    objectives: { input: pharma, world: () => withSteps(serving(), { computeObjectives: async () => pharma }) },
    report: { input: pharma, world: serving },
    schedule: { input: pharma, world: () => withSteps(serving(), { planSchedules: async () => ({ changes: [] }) }) },
    watchman: {
      input: {},
      world: () => withSteps(serving(), { lookAfterNights: async () => ({ overlooked: [], problems: [] }) }),
    },
    hold: { input: { ...pharma, state: 'off' }, world: () => withSteps(serving(), { setHold: async () => {} }) },
    adopt: {
      input: {},
      world: () =>
        withSteps(serving(), {
          adoptInstance: async () => ({ adopted: true }),
          planSchedules: async () => ({ changes: [] }),
        }),
    },
    nightJob: {
      input: { ...pharma, job: 'verify', procedure: 'verify', turn: 'none', dueAt: new Date().toISOString() },
      world: () =>
        withSteps(serving(), {
          observeNight: async () => ({ status: 'serving', host: 'h1', leftOut: [] }),
          recordNight: async () => {},
        }),
    },
  };
  return Object.fromEntries(Object.entries(runs).map(([name, run]) => [name, { workflow: name, ...run }]));
}

/** Upgrades and their later procedures, over steps that only note what they did. */
export const releaseRuns: Record<string, GoodRun> = {
  upgradeBeside: upgradeRun('beside'),
  upgradeOnCopy: upgradeRun('on-copy'),
  rollbackBeside: {
    ...{ workflow: 'rollback', input: confirmed, pointOfNoReturn: 'verifyInstance' },
    world: () => createReleaseWorld({ upgraded: true }),
  },
  rollbackOnCopy: {
    ...{ workflow: 'rollback', input: confirmed, pointOfNoReturn: 'openEdge' },
    world: () => createReleaseWorld({ upgraded: true, way: 'on-copy' }),
  },
  retireRelease: {
    ...{ workflow: 'retireRelease', input: { ...pharma, id, colour: 'green', notBefore: keptUntil } },
    world: () => createReleaseWorld({ upgraded: true }),
  },
};

function upgradeRun(way: 'beside' | 'on-copy'): GoodRun {
  return {
    workflow: 'upgrade',
    input: { ...pharma, to: 'stack@2.0.0', approvedPlan: planHash, graceHours: 0 },
    world: () => createReleaseWorld({ way }),
    pointOfNoReturn: 'watchRelease',
    harmless: ['notify'],
  };
}

/** An upgrade over the real steps, approved as soon as it waits for approval, with a short watch. */
export function realUpgrade(world: MemoryWorld): MemoryWorld {
  const host = world.hosts['h1'] ?? {};
  const { planUpgrade, measureTraffic, watchRelease } = host;
  let hash = '';
  host['planUpgrade'] = async (step) => {
    const plan = await planUpgrade?.(step);
    hash = String(Reflect.get(Object(plan), 'hash'));
    return plan;
  };
  host['measureTraffic'] = async (step) => measureTraffic?.({ ...step, seconds: 0.01 });
  host['watchRelease'] = async (step) => watchRelease?.({ ...step, until: new Date().toISOString() });
  const notify = world.control['notify'];
  return withSteps(world, {
    notify: async (step) => {
      const { workflowId = '' } = activityInfo().workflowExecution ?? {};
      const run = getClient().workflow.getHandle(workflowId);
      const approve = () => run.executeUpdate('approve', { args: [{ plan: hash, by: 'alice' }] });
      if (step.event === 'upgrade-waits-for-approval') await approve().catch(() => {}); // the plan may have been approved already
      return notify?.(step);
    },
  });
}

export async function publishNext(world: MemoryWorld, port: number, migrations: 'compatible' | 'incompatible') {
  const version = migrations === 'compatible' ? '2.0.0' : '3.0.0';
  return publish(world, { port, version, migrations, stores: ['graph', 'vectors', 'files'] });
}

function withSteps<Of extends World>(world: Of, steps: Activities): Of {
  return { ...world, control: { ...world.control, ...steps } };
}

function withSets({ bucket }: MemoryWorld): void {
  const now = Date.now();
  for (const age of [1, 2, 3]) putSet(bucket, {}, setOf(now, age), true);
  for (const age of [20, 21, 22]) putSet(bucket, {}, setOf(now, age));
  bucket.objects.delete(manifestKey(anIdentity(), setOf(now, 22))); // the artifact that is left belongs to no set
}

/** An instance that had the name before, and one set of it. */
function withRemoved({ bucket }: MemoryWorld): void {
  const of = { ...anIdentity(), id: idOf('pharma', 1) };
  const now = Date.now();
  putSet(bucket, { of }, setOf(now, 10));
  const stone = Buffer.from(JSON.stringify({ ...aTombstone(now, now), ...of }));
  bucket.objects.set(tombstoneKey(of), { body: stone, modifiedAt: new Date(now) });
}

function litter({ stores }: MemoryWorld): void {
  const node = (since: Date) => ({ label: 'Proto', properties: { status: 'pending', since }, relationships: 2 });
  stores.nodes.set(volumeName('pharma', 'neo4j_data', 1), [node(new Date(0)), node(new Date(Date.UTC(2099, 0)))]);
  stores.segments.set(volumeName('pharma', 'qdrant_data', 1), [{ collection: 'items', points: 800, deleted: 200 }]);
}
