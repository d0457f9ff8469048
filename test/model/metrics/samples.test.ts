import { describe, expect, test } from 'vitest';
import { journalKey } from '../../../src/activities/catalogue/journal.ts';
import { InstanceState } from '../../../src/contracts/lease.ts';
import { journalMoment, readJournalKey } from '../../../src/model/catalogue/journal-key.ts';
import {
  catalogueSamples,
  entitySamples,
  journalSamples,
  objectiveSamples,
} from '../../../src/model/metrics/instance-samples.ts';
import type { Sample } from '../../../src/model/metrics/samples.ts';
import { scheduleSamples } from '../../../src/model/metrics/schedule-samples.ts';
import { aBlueprint, instanceId, someFacts } from '../../support/builders.ts';
import { anEntry } from '../../support/month-cases.ts';

const at = (hour: number) => `2026-11-21T${String(hour).padStart(2, '0')}:00:00.000Z`;
const seconds = (hour: number) => Date.parse(at(hour)) / 1000;

/** `name{label,…} value`, labels without `drydock_instance`. */
function lines(samples: readonly Sample[]): string[] {
  return samples.map(({ name, labels, value }) => {
    const { drydock_instance: _, ...rest } = labels;
    return `${name.replace('drydock_', '')}{${Object.values(rest).join(',')}} ${value}`;
  });
}

describe('the entity', () => {
  const facts = someFacts({ tier: 'premium' });
  const claim = (since: string) => ({ procedure: 'backup', workflowId: 'b', runId: 'r', since });

  test('of an instance where nothing happens says nothing of holders', () => {
    expect(lines(entitySamples(InstanceState.parse({ facts, waiting: [] })))).toEqual([
      `instance_info{${instanceId},h1,premium,serving} 1`,
      'lease_waiting{} 0',
    ]);
  });

  test('tells since when the lease is held and since when the first one waits', () => {
    const holder = { ...claim(at(3)), token: 7 };
    const state = InstanceState.parse({ facts, holder, waiting: [claim(at(5)), claim(at(4))] });
    expect(lines(entitySamples(state)).slice(1)).toEqual([
      'lease_waiting{} 2',
      `lease_waiting_since_timestamp_seconds{} ${seconds(4)}`,
      `lease_held_since_timestamp_seconds{backup} ${seconds(3)}`,
    ]);
  });
});

describe('the catalogue', () => {
  test('gives each store the newest set or capture that holds it, and only what was seen', () => {
    const blueprint = 'stack@1.0.0';
    const sets = [
      {
        blueprint,
        createdAt: at(5),
        sizeBytes: 1,
        stores: ['queue'],
        withoutStores: ['graph', 'files'],
        verifiedAt: at(7),
      },
      { blueprint, createdAt: at(3), sizeBytes: 20, stores: ['graph', 'queue'], verifiedAt: at(4) },
      { blueprint, createdAt: at(1), sizeBytes: 300, stores: ['graph', 'queue', 'files'], verifiedAt: at(6) },
    ];
    expect(lines(catalogueSamples('pharma', { sets, orphanBytes: 12 })).sort()).toEqual(
      [
        'sets{} 2',
        'sets_size_bytes{} 321',
        'orphan_size_bytes{} 12',
        'last_set_size_bytes{} 20',
        `recovery_point_timestamp_seconds{queue} ${seconds(5)}`,
        `recovery_point_timestamp_seconds{graph} ${seconds(3)}`,
        `recovery_point_timestamp_seconds{files} ${seconds(1)}`,
        `verified_recovery_point_timestamp_seconds{queue} ${seconds(5)}`,
        `verified_recovery_point_timestamp_seconds{graph} ${seconds(3)}`,
        `verified_recovery_point_timestamp_seconds{files} ${seconds(1)}`,
        `last_verified_timestamp_seconds{} ${seconds(6)}`,
      ].sort(),
    );
  });

  test('without a set has no recovery point, not one of 1970', () => {
    expect(lines(catalogueSamples('pharma', { sets: [], orphanBytes: 0 }))).toEqual([
      'sets{} 0',
      'sets_size_bytes{} 0',
      'orphan_size_bytes{} 0',
    ]);
  });

  test('promises what the blueprint says of a store, else what the tier gives', () => {
    const promised = { ...aBlueprint(), objectives: { queue: { rpo: '1h', rto: '30m' }, graph: { rto: '2h' } } };
    const of = (tier: 'premium' | 'standard') => lines(objectiveSamples('pharma', tier, promised)).sort();
    expect(of('premium')).toEqual([
      'recovery_point_objective_seconds{files} 86400',
      'recovery_point_objective_seconds{graph} 86400',
      'recovery_point_objective_seconds{queue} 3600',
      'recovery_point_objective_seconds{vectors} 86400',
    ]);
    expect(of('standard')).toContain('recovery_point_objective_seconds{graph} 604800');
  });
});

describe('the journal', () => {
  const entry = (procedure: string, outcome: string, startedAt: string, more: object = {}) =>
    journalKey(anEntry(procedure, 21, { outcome, startedAt, ...more }));

  test('is read by its keys', () => {
    const key = entry('retireGeneration', 'undone', '2026-11-21T03:04:05.678Z');
    const read = { key, procedure: 'retireGeneration', outcome: 'undone', startedAt: '2026-11-21T03:04:05.678Z' };
    expect(readJournalKey(key)).toEqual(read);
    expect(readJournalKey(`instances/pharma.${instanceId}/journal/README.md`)).toBeUndefined();
    const moment = (iso: string) => `instances/pharma.${instanceId}/journal/${journalMoment(new Date(iso))}`;
    expect(key > moment('2026-11-21T03:04:05.677Z') && key < moment('2026-11-21T03:04:05.679Z')).toBe(true);
  });

  test('calls a backup of some stores a capture, as it was planned', () => {
    const nameOf = (more: object) => readJournalKey(entry('backup', 'done', at(1), more))?.procedure;
    const request = { stores: ['queue'] };
    expect(nameOf({ request, plan: { withoutStores: ['graph'] } })).toBe('capture');
    expect(nameOf({ request, plan: {} })).toBe('backup');
    expect(nameOf({ request })).toBe('capture');
    expect(nameOf({})).toBe('backup');
  });

  test('tells the last run of each procedure by how it ended, in whatever order it is read', () => {
    const keys = [entry('backup', 'done', at(3)), entry('backup', 'done', at(1)), entry('backup', 'failed', at(2))];
    const runs = keys.flatMap((key) => readJournalKey(key) ?? []);
    expect(lines(journalSamples('pharma', runs))).toEqual([
      `last_run_timestamp_seconds{backup,done} ${seconds(3)}`,
      `last_run_timestamp_seconds{backup,failed} ${seconds(2)}`,
    ]);
    expect(lines(journalSamples('pharma', [], { startedAt: at(1), endedAt: at(2) }))).toEqual([
      `last_drill_timestamp_seconds{} ${seconds(1)}`,
      'last_drill_duration_seconds{} 3600',
    ]);
  });
});

test('a schedule that is paused is never overdue, and one that never ran has no lag', () => {
  const late = { scheduledAt: new Date(at(3)), takenAt: new Date(at(4)) };
  const nextAt = new Date(at(5));
  const base = { procedure: 'backup', nextAt };
  expect(
    lines(
      scheduleSamples([
        { ...base, id: 'a', paused: false, last: late },
        { ...base, id: 'b', paused: true },
      ]),
    ),
  ).toEqual([
    'schedule_paused{a,backup} 0',
    'schedule_lag_seconds{a,backup} 3600',
    `schedule_next_timestamp_seconds{a,backup} ${seconds(5)}`,
    'schedule_paused{b,backup} 1',
  ]);
});
