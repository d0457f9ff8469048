import { describe, expect, test } from 'vitest';
import type { EvidenceRecord } from '../../src/contracts/evidence.ts';
import { JournalEntry } from '../../src/contracts/journal.ts';
import { DrydockError } from '../../src/errors.ts';
import { closuresOf, readOnlyTimes } from '../../src/model/catalogue/edge-times.ts';
import { recoveryOfDrill, recoveryOfRestore } from '../../src/model/catalogue/recoveries.ts';
import { eventsOf } from '../../src/model/catalogue/step-events.ts';
import { inProcess } from '../support/in-process.ts';
import type { World } from '../support/procedure-checks.ts';
import { createReleaseWorld, planHash, type ReleaseChoices } from '../support/release-world.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import type { MemoryWorld } from '../support/world-in-memory.ts';
import { around, endOf } from '../support/world-runs.ts';

const carrier = inProcess();
const { serving } = seededWorlds(carrier);
const confirmed = { instance: 'pharma', confirm: 'pharma' };
const restoring = { ...confirmed, skipSafetySet: 'a test' };

/** The entry of the run in the journal, as its format knows it. */
async function entryOf(world: World, workflow: string, request: object): Promise<JournalEntry> {
  const { leases } = await endOf(carrier, world, workflow, request);
  return JournalEntry.parse(leases.journal.find(({ procedure }) => procedure === workflow));
}

function broken(step: string): MemoryWorld {
  const world = serving();
  around(world, (_, name) => {
    if (name === step) throw new Error('broken on purpose');
  });
  return world;
}

/** Stores are brought up side by side, so among them only the end of each is certain. */
function words(entry: JournalEntry): string[] {
  const said = eventsOf(entry.steps).map(({ kind, at: _, ...of }) => [kind, ...Object.values(of)].join(' '));
  return [...said.filter((each) => !isCompared(each)), ...said.filter(isCompared).sort()];
}

const isCompared = (event: string) => event.startsWith('store-compared');
const fetched = ['artifacts-fetched graph', 'artifacts-fetched files', 'artifacts-fetched instance'];
const compared = ['store-compared files', 'store-compared graph'];
const exchanged = ['edge-closed', 'serving-stopped', 'reads-admitted 2', 'edge-opened 2'];

describe('what a run has done for those who use the instance', () => {
  test.each<[string, object, string[]]>([
    ['backup', { instance: 'pharma' }, ['barrier-raised', 'barrier-lowered']],
    ['restore', restoring, [...fetched, ...exchanged, ...compared]],
    ['restore', { instance: 'pharma', as: 'twin' }, [...fetched, ...exchanged, ...compared]],
    ['drill', { instance: 'pharma' }, [...fetched, ...compared]],
    ['readOnly', { instance: 'pharma', state: 'on', reason: 'audit' }, ['read-only-held']],
    ['readOnly', { instance: 'pharma', state: 'off' }, ['read-only-released']],
    ['verify', { instance: 'pharma' }, []],
    ['changeTier', { instance: 'pharma', tier: 'premium' }, []],
    ['decommission', { ...confirmed, skipFinalSet: 'a test' }, []],
  ])('by %s %j', async (workflow, request, expected) => {
    const entry = await entryOf(serving(), workflow, request);
    expect([entry.outcome, ...words(entry)]).toEqual(['done', ...expected]);
  });

  test.each<[string, string, object, string[]]>([
    ['backup', 'captureStore', { instance: 'pharma' }, ['barrier-raised', 'barrier-lowered']],
    [
      'restore',
      'verifyInstance',
      restoring,
      [...fetched, ...exchanged.slice(0, 3), 'serving-stopped', 'edge-opened 1', ...compared],
    ],
  ])('by %s that is undone since %s fails', async (workflow, step, request, expected) => {
    const entry = await entryOf(broken(step), workflow, request);
    expect([entry.outcome, ...words(entry)]).toEqual(['undone', ...expected]);
  });

  const upgrade = { instance: 'pharma', to: 'stack@2.0.0', approvedPlan: planHash, graceHours: 0 };
  const onCopy: ReleaseChoices = { way: 'on-copy', plan: { safetySet: { kind: 'recent', maxAgeHours: 24 } } };
  const built = ['artifacts-fetched graph'];
  const same = ['store-compared graph'];
  const back = ['edge-closed', 'serving-stopped', 'edge-opened 1'];
  test.each<[string, ReleaseChoices, string, object, string[]]>([
    [
      'an upgrade beside',
      {},
      'upgrade',
      upgrade,
      // Once before the approval, once more after the migrations.
      ['release-smoked green', 'read-only-held', 'release-smoked green', 'traffic-moved green', 'read-only-released'],
    ],
    [
      'an upgrade on a copy',
      onCopy,
      'upgrade',
      upgrade,
      ['read-only-held', ...built, ...exchanged, 'read-only-released', ...same],
    ],
    ['a rollback beside', { upgraded: true }, 'rollback', confirmed, ['release-smoked blue', 'traffic-moved blue']],
    [
      'a rollback to the generation before',
      { upgraded: true, way: 'on-copy' },
      'rollback',
      confirmed,
      ['edge-closed', 'serving-stopped', 'reads-admitted 1', 'edge-opened 1'],
    ],
  ])('by %s', async (_, choices, workflow, request, expected) => {
    const entry = await entryOf(createReleaseWorld(choices), workflow, request);
    expect([entry.outcome, ...words(entry)]).toEqual(['done', ...expected]);
  });

  test('by an upgrade that goes back after the switch', async () => {
    const world = createReleaseWorld(onCopy);
    world.h1['watchRelease'] = () => Promise.reject(new DrydockError('unhealthy', '7 % errors'));
    const entry = await entryOf(world, 'upgrade', upgrade);
    const forth = ['read-only-held', ...built, ...exchanged, 'read-only-released'];
    expect([entry.outcome, ...words(entry)]).toEqual(['undone', ...forth, ...back, 'read-only-released', ...same]);
    expect(closuresOf(entry).map(({ end }) => end)).toEqual(['known', 'known']);
  });
});

describe('the moments', () => {
  test('are those that the host saw: the report and the journal say the same of a closed edge', async () => {
    const entry = await entryOf(serving(), 'restore', restoring);
    const { unavailableMs } = entry.result as { unavailableMs: number };
    expect(unavailableMs).toBeGreaterThan(0);
    expect(closuresOf(entry)).toMatchObject([{ ms: unavailableMs, end: 'known', procedure: 'restore' }]);
  });

  test('of a barrier are those of the manifest', async () => {
    const entry = await entryOf(serving(), 'backup', { instance: 'pharma' });
    const { barrierMs } = entry.result as { barrierMs: number };
    const period = { from: entry.startedAt, to: entry.endedAt };
    expect(readOnlyTimes([entry], period)).toEqual([{ by: 'backups', times: 1, ms: barrierMs }]);
  });
});

/** The same run with step titles that say nothing, or something else. */
const rewordings: [string, (names: readonly string[]) => readonly string[]][] = [
  ['without a word', (names) => names.map(() => '')],
  ['in the words of one another', (names) => names.toReversed()],
];

describe.each(rewordings)('told %s', (_, reword) => {
  function reworded<Step extends { name: string }>(steps: readonly Step[]): Step[] {
    const names = reword(steps.map(({ name }) => name));
    return steps.map((step, index) => ({ ...step, name: names[index] ?? '' }));
  }

  test('a run counts the same in availability and recovery times', async () => {
    const entries = [
      await entryOf(serving(), 'restore', restoring),
      await entryOf(broken('verifyInstance'), 'restore', restoring),
      await entryOf(serving(), 'backup', { instance: 'pharma' }),
    ];
    const [first] = entries;
    if (first === undefined) throw new Error('nothing ran');
    const period = { from: first.startedAt, to: new Date().toISOString() };
    const figures = (of: readonly JournalEntry[]) => [
      of.flatMap(closuresOf),
      readOnlyTimes(of, period),
      of.map(recoveryOfRestore).map((recovery) => recovery && { ...recovery, longest: recovery.longest?.ms }),
    ];
    const told = entries.map((entry) => ({ ...entry, steps: reworded(entry.steps) }));
    expect(figures(told)).toEqual(figures(entries));
    const silent = entries.map((entry) => ({ ...entry, steps: entry.steps.map(({ events: _, ...step }) => step) }));
    expect(figures(silent)).toEqual([[], [], [undefined, undefined, undefined]]);
  });

  test('a drill counts the same in recovery times', async () => {
    const world = serving();
    const noted: EvidenceRecord[] = [];
    const { recordEvidence } = world.control;
    Object.assign(world.control, {
      recordEvidence: async (given: { observation: EvidenceRecord }) => {
        noted.push({ ...given.observation, at: new Date().toISOString() });
        return recordEvidence?.(given);
      },
    });
    await entryOf(world, 'drill', { instance: 'pharma' });
    const [drill] = noted;
    if (drill?.kind !== 'drilled') throw new Error('no evidence of a drill');
    const timesOf = (record: typeof drill) => {
      const { storeMs, wholeMs, longest } = recoveryOfDrill(record) ?? {};
      return { storeMs, wholeMs, longest: longest?.ms };
    };
    expect(timesOf({ ...drill, steps: reworded(drill.steps) })).toEqual(timesOf(drill));
    expect(Object.keys(timesOf(drill).storeMs ?? {}).sort()).toEqual(['files', 'graph']);
  });
});
