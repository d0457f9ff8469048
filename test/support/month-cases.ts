import { Generation, InstanceName, SetId } from '../../src/contracts/ids.ts';
import { JournalEntry } from '../../src/contracts/journal.ts';
import type { StepEvent } from '../../src/contracts/progress.ts';
import type { MonthEvidence } from '../../src/model/catalogue/month-report.ts';
import { anIdentity, digest, instanceId } from './builders.ts';
/** A moment of November 2026, which is over. */
export const at = (day: number, time = '03:00:00') => `2026-11-${String(day).padStart(2, '0')}T${time}.000Z`;
export const setOf = (day: number) => SetId.parse(`202611${String(day).padStart(2, '0')}T030000Z-1a2b3c4d`);
export const afterNovember = '2026-12-05T08:00:00.000Z';

export function anEntry(procedure: string, day: number, changes: Record<string, unknown> = {}): JournalEntry {
  return JournalEntry.parse({
    format: 'drydock-journal/1',
    procedure,
    ...anIdentity(),
    workflowId: `${procedure}-pharma-${day}`,
    runId: 'r',
    startedAt: at(day),
    endedAt: at(day, '03:10:00'),
    outcome: 'done',
    request: { instance: 'pharma' },
    leftBehind: [],
    steps: [],
    ...changes,
  });
}

export function aStep(name: string, from: string, to: string, state = 'done') {
  return { name, state, startedAt: from, endedAt: to };
}

/** A step with that event; the time of the record plays no part. */
export function did(...events: StepEvent[]) {
  return { ...aStep('of any name', at(1), at(1)), events };
}

export function monthEvidence(changes: Partial<MonthEvidence> = {}): MonthEvidence {
  return {
    instance: InstanceName.parse('pharma'),
    month: '2026-11',
    now: afterNovember,
    about: { host: 'h1', tier: 'premium', blueprint: 'osmose@2.0.0' },
    promisedPercent: 99.95,
    entries: [],
    sets: [],
    nights: [],
    knownSince: '2026-10-01T00:00:00.000Z',
    unread: [],
    ...changes,
  };
}

const second = Generation.parse(2);

/** A month with one good run of each kind. */
export const goodEntries: readonly JournalEntry[] = [
  anEntry('backup', 2, {
    plan: { createdAt: at(2), reason: 'scheduled', blueprint: { ref: 'osmose@1.0.0' } },
    result: { set: setOf(2), sizeBytes: 2048, barrierMs: 8000, stores: [{ store: 'graph', unavailableMs: 5000 }] },
    steps: [
      did({ kind: 'barrier-raised', at: at(2, '03:00:01') }),
      did({ kind: 'barrier-lowered', at: at(2, '03:00:09') }),
    ],
  }),
  anEntry('verify', 3, {
    result: {
      set: setOf(2),
      evidence: { key: `instances/pharma.${instanceId}/sets/${setOf(2)}/evidence/0001.json`, sha256: digest },
    },
  }),
  anEntry('drill', 4, {
    result: { set: setOf(2), sizeBytes: 2048, host: 'h1', recoveryMs: 75_000 },
    steps: [aStep('plan drill', at(4), at(4, '03:00:03'))],
  }),
  anEntry('restore', 5, {
    plan: { set: setOf(2) },
    result: { set: setOf(2), unavailableMs: 30_000, safetySet: setOf(5) },
    steps: [
      did({ kind: 'edge-closed', at: at(5, '03:00:01') }),
      did({ kind: 'serving-stopped', at: at(5, '03:00:02') }),
      did({ kind: 'reads-admitted', generation: second, at: at(5, '03:00:31') }),
      did({ kind: 'edge-opened', generation: second, at: at(5, '03:00:33') }),
    ],
  }),
  anEntry('upgrade', 6, {
    plan: { hash: digest, approvals: 1, from: { ref: 'osmose@1.0.0' }, to: { ref: 'osmose@2.0.0' }, way: 'beside' },
    decisions: [
      { decision: 'approved', plan: digest, by: 'alice@example.com', comment: 'a|b', at: at(6), through: 'update' },
    ],
    result: { migrated: ['slugs'], safetySet: setOf(2), unavailableMs: 0 },
  }),
  anEntry('nightJob', 7, {
    request: { job: 'backup' },
    result: { outcome: { job: 'backup', outcome: 'done', dueAt: at(7), at: at(7), workflowId: 'w' } },
  }),
];
