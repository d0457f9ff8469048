import { afterAll, beforeAll, expect, test } from 'vitest';
import { CleanupRequest } from '../../../src/contracts/cleanup.ts';
import { RollbackRequest, UpgradeRequest } from '../../../src/contracts/upgrade.ts';
import { aBackupPlan } from '../../support/builders.ts';
import { type Application, startApplication } from '../../support/world-application.ts';
import { createWorld } from '../../support/world-in-memory.ts';
import { fill, publish } from '../../support/world-runs.ts';
import { inActivity, runStep } from '../../support/world-steps.ts';

let application: Application;
beforeAll(async () => {
  application = await startApplication();
});
afterAll(() => application?.close());

const instance = 'pharma';

/** The steps of settling, in its order. */
const settling = [
  ...([
    'findInstance',
    'stopStrayJobs',
    'liftHolds',
    'endExchange',
    'endSwitch',
    'endDeadDrill',
    'removeBuilds',
  ] as const),
  ...(['stopStrayWriters', 'recoverStores', 'startMissing', 'settleEdge', 'endUpgrade', 'readFacts'] as const),
];

/** Every step on a host and in the catalogue, in the order of an instance's life, and the world after each of them. */
async function live(times: number): Promise<{ after: [string, unknown][]; steps: Set<string> }> {
  const world = createWorld({ application });
  const after: [string, unknown][] = [];
  const steps = new Set<string>();
  const looked = <T>(name: string, result: T): T => {
    after.push([name, structuredClone(world.snapshot())]);
    steps.add(name);
    return result;
  };
  // The host's steps go through the world's own table, which looks at the engine after each of them.
  const host = world.hosts['h1'] as Record<string, (input: unknown) => Promise<unknown>>;
  const watched = { ...world, host: host as never };
  const step = (async (_: unknown, name: 'smoke', input: { instance: string }) =>
    looked(name, await runStep(watched, name, input, { times }))) as unknown as typeof runStep;
  const catalogue = async <T>(name: string, run: () => Promise<T>) => looked(name, await inActivity(run, { times }));

  const blueprint = await catalogue('publishBlueprint', () => publish(world, { port: application.port }));
  const request = {
    instance,
    blueprint,
    tier: 'standard',
    variables: {},
    storePorts: 'closed',
    host: undefined,
  } as never;
  const plan = await step(world, 'planProvision', { request });
  await step(world, 'createDirectory', { plan });
  await step(world, 'createVolumes', { plan });
  await step(world, 'renderFiles', { instance });
  await step(world, 'startStores', { instance });
  await step(world, 'initStores', { instance });
  await step(world, 'startServing', { instance });
  await step(world, 'smoke', { instance });
  await step(world, 'verifyInstance', { instance });
  await step(world, 'readTier', { instance });
  await step(world, 'writeTier', { instance, tier: 'premium' });
  await step(world, 'addresses', { instance });
  await fill(world, 'old');

  const fixed = await step(world, 'planBackup', {
    request: { instance, reason: 'requested', waitMinutes: 1 } as never,
  });
  const backup = { ...fixed, ...{ set: aBackupPlan().set, staging: aBackupPlan().staging } };
  const barrier = await step(world, 'raiseBarrier', { plan: backup });
  const captures = [
    { store: 'instance', files: await step(world, 'captureEnvironment', { plan: backup }), record: undefined },
  ];
  for (const store of backup.stores) {
    const record = await step(world, 'freezeStore', { plan: backup, store });
    captures.push({ store, record, files: await step(world, 'captureStore', { plan: backup, store }) } as never);
  }
  const lowered = await step(world, 'lowerBarrier', { plan: backup });
  const artifacts = [];
  for (const { store, files } of captures) {
    if (store !== 'instance') await step(world, 'checkStore', { plan: backup, store });
    const sealed = await step(world, 'sealArtifacts', { plan: backup, store, files });
    await step(world, 'uploadArtifacts', { plan: backup, store, artifacts: sealed });
    await step(world, 'readBackArtifacts', { store, artifacts: sealed });
    artifacts.push(...sealed);
  }
  const parts = {
    barrier: { ...barrier, ...lowered },
    stores: captures.flatMap(({ record }) => record ?? []),
    artifacts,
  };
  const manifest = await step(world, 'describeSet', { plan: backup, ...parts, checks: [] });
  await catalogue('commitManifest', () => world.catalogue.commitManifest({ manifest }));
  for (const store of backup.stores) await step(world, 'freezeStore', { plan: backup, store });
  await step(world, 'thawStores', { plan: backup });
  await step(world, 'discardStaging', { plan: backup });
  await catalogue('verifySet', () => world.catalogue.verifySet({ set: manifest.set, manifest }));
  const observation = { kind: 'bytes-verified', finding: { outcome: 'passed' }, sizeBytes: 1 } as const;
  const by = { workflowId: 'verify-pharma', runId: 'r' };
  await catalogue('recordEvidence', () => world.catalogue.recordEvidence({ manifest, observation, by }));

  const restore = await step(world, 'planRestore', { instance, manifest, safetySet: 'take' });
  for (const store of ['instance', ...restore.stores]) await step(world, 'fetchArtifacts', { plan: restore, store });
  await step(world, 'createGeneration', { plan: restore });
  for (const store of restore.stores) await step(world, 'loadStore', { plan: restore, store });
  await step(world, 'inheritEnvironment', { plan: restore, given: [] });
  for (const store of restore.stores) {
    await step(world, 'startBuiltStore', { plan: restore, store });
    await step(world, 'loadRunningStore', { plan: restore, store });
    await step(world, 'compareStore', { plan: restore, store });
  }
  await step(world, 'verifyGeneration', { plan: restore });
  await step(world, 'stopGeneration', { instance, generation: 2 });
  await step(world, 'closeEdge', { instance });
  await step(world, 'stopServing', { instance });
  const { fromGeneration: insteadOf, toGeneration: generation } = restore;
  await step(world, 'exchangeGeneration', { instance, generation, insteadOf, keepUntil: restore.setCreatedAt });
  await step(world, 'startServing', { instance });
  await step(world, 'admitReads', { instance });
  await step(world, 'openEdge', { instance });
  await step(world, 'removeGeneration', { instance, generation: 1 });
  await step(world, 'holdReadOnly', { instance, by: 'operator', reason: 'audit' });
  await step(world, 'releaseReadOnly', { instance, by: 'operator' });
  await step(world, 'readRetentionRules', { instance });

  const drill = await step(world, 'planDrill', { instance, manifest });
  await step(world, 'beginDrill', { plan: drill });
  for (const store of ['instance', ...drill.stores]) await step(world, 'fetchArtifacts', { plan: drill, store });
  await step(world, 'prepareDrill', { plan: drill });
  await step(world, 'createGeneration', { plan: drill });
  for (const store of drill.stores) await step(world, 'loadStore', { plan: drill, store });
  await step(world, 'startGeneration', { plan: drill });
  for (const store of drill.stores) await step(world, 'loadRunningStore', { plan: drill, store });
  await step(world, 'startDrilledRelease', { plan: drill });
  await step(world, 'verifyDrill', { plan: drill });
  await step(world, 'removeDrill', { plan: drill });
  await step(world, 'proveDrillRemoved', { plan: drill });
  const clean = (what: string) =>
    step(world, 'planCleanup', { request: CleanupRequest.parse({ instance, what }) }) as Promise<never>;
  const [volume] = [...world.stores.secrets.keys()].filter((name) => name.includes('qdrant'));
  world.stores.segments.set(volume ?? '', [{ collection: 'items', points: 900, deleted: 100 }]);
  const nodes = { plan: await clean('proto-kg') };
  await step(world, 'deleteOldNodes', nodes);
  await step(world, 'countOldNodes', nodes);
  const space = { plan: await clean('qdrant') };
  await step(world, 'reclaimSpace', { ...space, collection: 'items' });
  await step(world, 'restoreVacuum', { instance });
  await step(world, 'measureSpace', space);

  const next = async (version: string, migrations: 'compatible' | 'incompatible') => {
    const to = await catalogue('publishBlueprint', () =>
      publish(world, { port: application.port, version, migrations }),
    );
    return step(world, 'planUpgrade', { request: UpgradeRequest.parse({ instance, to }) });
  };
  const green = { instance, colour: 'green' } as const;
  const third = await next('3.0.0', 'incompatible');
  await step(world, 'prepareRelease', { plan: third });
  const copy = await step(world, 'planCopy', { plan: third, manifest });
  for (const store of ['instance', ...copy.stores]) await step(world, 'fetchArtifacts', { plan: copy, store });
  await step(world, 'createGeneration', { plan: copy });
  for (const store of copy.stores) await step(world, 'loadStore', { plan: copy, store });
  await step(world, 'startGeneration', { plan: copy });
  for (const store of copy.stores) await step(world, 'loadRunningStore', { plan: copy, store });
  await step(world, 'verifyGeneration', { plan: copy });
  for (const migration of third.migrations) {
    await step(world, 'migrate', { plan: third, migration, generation: third.to.generation });
  }
  await step(world, 'startReleaseOnCopy', { plan: third });
  await step(world, 'smokeReleaseOnCopy', { plan: third });
  await step(world, 'stopGeneration', { instance, generation: third.to.generation });
  await step(world, 'removeGeneration', { instance, generation: third.to.generation });
  await step(world, 'discardStaging', { plan: copy });
  await step(world, 'removeRelease', green);

  const second = await next('2.0.0', 'compatible');
  await step(world, 'prepareRelease', { plan: second });
  await step(world, 'startRelease', { plan: second });
  await step(world, 'smokeRelease', { plan: second });
  await step(world, 'checkUnchanged', { plan: second });
  for (const migration of second.migrations) {
    await step(world, 'migrate', { plan: second, migration, generation: second.from.generation });
  }
  const before = await step(world, 'measureTraffic', { instance, colour: 'blue', seconds: 0.01 });
  await step(world, 'stopWriters', { instance, colour: 'blue' });
  await step(world, 'routeTo', green);
  await step(world, 'drainRelease', { instance, colour: 'blue' });
  const keepUntil = restore.setCreatedAt;
  await step(world, 'exchangeRelease', { ...green, insteadOf: 'blue', keepUntil });
  await step(world, 'startServing', { instance });
  await step(world, 'noteContents', { instance, generation: second.to.generation });
  await step(world, 'countWritten', { instance, generation: second.to.generation });
  await step(world, 'watchRelease', { plan: second, before, until: new Date().toISOString() });
  await step(world, 'stopRelease', { instance, colour: 'blue' });
  await step(world, 'planRollback', { request: RollbackRequest.parse({ instance }) });
  for (const repair of settling) await step(world, repair, { instance, dead: ['somebody'] });
  await step(world, 'removeRelease', { instance, colour: 'blue', keptUntil: keepUntil });

  await step(world, 'observeInstances', {});
  await step(world, 'planDecommission', { instance, finalSet: 'take' });
  const stone = { instance, decommissionedAt: restore.setCreatedAt, keepSetsUntil: restore.setCreatedAt };
  await catalogue('writeTombstone', () => world.catalogue.writeTombstone(stone));
  await step(world, 'removeContainers', { instance });
  await step(world, 'removeVolumes', { instance });
  await step(world, 'removeDirectory', { instance });
  await step(world, 'proveRemoved', { instance });
  const unfinished = { instance, set: '20261121T040000Z-1a2b3c4d' };
  await catalogue('discardUploads', () => world.catalogue.discardUploads(unfinished));
  const unlived = Object.keys(world.host).filter((name) => !steps.has(name));
  expect(unlived, 'steps this life leaves out').toEqual([]);
  return { after, steps };
}

test('every step that runs twice leaves the world as one that ran once', async () => {
  const [once, twice] = [await live(1), await live(2)];
  expect(twice.after.map(([name]) => name)).toEqual(once.after.map(([name]) => name));
  for (const [index, [name, world]] of once.after.entries()) {
    expect(twice.after[index]?.[1], `after ${name}, the step number ${index + 1}`).toEqual(world);
  }
});
