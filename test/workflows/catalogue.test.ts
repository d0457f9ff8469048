import { describe, expect, test } from 'vitest';
import { JournalEntry } from '../../src/contracts/journal.ts';
import type { ObjectivesReport } from '../../src/contracts/objectives.ts';
import type { MonthReport } from '../../src/contracts/report.ts';
import { aPush } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { anEntry } from '../support/month-cases.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { endOf, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal);
const { serving } = worlds;

test('a blueprint is pushed once, and is then one of those that were pushed', async () => {
  const world = serving();
  const files = aPush({ version: '2.0.0' });
  expect(await resultOf(temporal, world, 'blueprint', files)).toMatchObject({
    blueprint: 'stack@2.0.0',
    outcome: 'pushed',
  });
  expect(await resultOf(temporal, world, 'blueprint', files)).toMatchObject({ outcome: 'already-there' });
  expect(await resultOf(temporal, world, 'blueprints')).toMatchObject({ blueprints: ['stack@1.0.0', 'stack@2.0.0'] });
});

test('sets and their manifests are shown', async () => {
  const world = serving();
  expect(await resultOf(temporal, world, 'sets', { instance: 'pharma' })).toMatchObject({
    instance: 'pharma',
    sets: [{ set: worlds.seeds.set, reason: 'requested' }],
  });
  expect(await resultOf(temporal, world, 'set', { set: worlds.seeds.set })).toMatchObject({
    manifest: { set: worlds.seeds.set },
  });
});

/** The clock of the runs leaps, and is months ahead by then. */
function ofToday(entry: JournalEntry): JournalEntry {
  const aheadMs = Date.parse(entry.endedAt) - Date.now();
  const text = JSON.stringify(entry).replaceAll(/(?<=At":")[^"]+Z(?=")/g, (instant) =>
    new Date(Date.parse(instant) - aheadMs).toISOString(),
  );
  return JournalEntry.parse(JSON.parse(text));
}

describe('what is proven of an instance', () => {
  /** Runs a procedure and keeps its entry in the journal of the world. */
  const run = async (world: MemoryWorld, workflow: string, request: object) => {
    const { failure, leases } = await endOf(temporal, world, workflow, request);
    expect(failure?.message).toBeUndefined();
    for (const entry of leases.journal) await world.catalogue.writeJournal(ofToday(entry));
    return leases.journal;
  };
  const provisioned = async () => {
    const world = serving();
    const plan = { host: 'h1', tier: 'standard', blueprint: { ref: 'stack@1.0.0' } };
    await world.catalogue.writeJournal(anEntry('provision', 1, { plan }));
    return world;
  };
  const objectivesOf = (world: MemoryWorld) =>
    resultOf<ObjectivesReport>(temporal, world, 'objectives', { instance: 'pharma' });
  const month = new Date().toISOString().slice(0, 7);
  const reportOf = (world: MemoryWorld) =>
    resultOf<MonthReport>(temporal, world, 'report', { instance: 'pharma', month });

  test('is told without leaving anything behind, not even an entry of the journal', async () => {
    const world = await provisioned();
    const before = world.snapshot();
    expect((await objectivesOf(world)).objectives.map(({ of, kind, state }) => [of, kind, state])).toEqual([
      ['graph', 'recovery point', 'unknown'],
      ['files', 'recovery point', 'unknown'],
    ]);
    expect(await reportOf(world)).toMatchObject({ over: false, sets: [{ set: worlds.seeds.set, level: 'captured' }] });
    expect(await run(world, 'objectives', { instance: 'pharma' })).toEqual([]);
    expect(await run(world, 'report', { instance: 'pharma' })).toEqual([]);
    expect(world.snapshot()).toEqual(before);
  });

  test('is what verifications, drills and restores have left of themselves', async () => {
    const world = await provisioned();
    await run(world, 'verify', { instance: 'pharma', set: 'latest' });
    await run(world, 'drill', { instance: 'pharma' });
    await run(world, 'restore', { instance: 'pharma', confirm: 'pharma', skipSafetySet: 'a test' });
    expect((await objectivesOf(world)).objectives.map(({ state }) => state)).toEqual(['green', 'green']);
    expect(await reportOf(world)).toMatchObject({
      sets: [{ set: worlds.seeds.set, level: 'drilled' }],
      verifications: [{ set: worlds.seeds.set, outcome: 'done', evidence: { sha256: expect.any(String) } }],
      drills: [{ set: worlds.seeds.set, outcome: 'done', recoveryMs: expect.any(Number) }],
      restores: [{ set: worlds.seeds.set, outcome: 'done', asNew: false }],
      availability: { closures: [{ procedure: 'restore', end: 'known' }] },
    });
  });
});

test.each([
  ['objectives', { instance: 'acme' }, 'not-found', 'no instance of this name is known'],
  ['report', { instance: 'acme' }, 'not-found', 'no instance of this name is known'],
  ['report', { instance: 'pharma', month: '2026-13' }, 'invalid-input', 'month: must be a month such as 2026-11'],
  ['blueprint', { files: {} }, 'invalid-input', 'blueprint.yaml: is missing'],
  ['blueprint', aPush({ port: 7 }), 'already-exists', 'this version exists with other content'],
  ['set', { set: '20200101T000000Z-00000000' }, 'not-found', 'no instance has this set'],
])('%s refuses %j, and changes nothing', async (workflow, request, code, problem) => {
  const world = serving();
  const before = world.snapshot();
  const { failure } = await endOf(temporal, world, workflow, request);
  expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
  expect(world.snapshot()).toEqual(before);
});
