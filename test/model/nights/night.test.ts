import { expect, test } from 'vitest';
import type { z } from 'zod';
import { BackupRequest } from '../../../src/contracts/backup.ts';
import { Blueprint } from '../../../src/contracts/blueprint.ts';
import { CleanupRequest } from '../../../src/contracts/cleanup.ts';
import { DrillRequest } from '../../../src/contracts/drill.ts';
import { NightJob, type NightProcedure, type NightSource, type WantedSchedule } from '../../../src/contracts/night.ts';
import { RetentionRequest } from '../../../src/contracts/retention.ts';
import { VerifyRequest } from '../../../src/contracts/verify.ts';
import { firings } from '../../../src/model/nights/firings.ts';
import { capturesOf, wantedSchedules } from '../../../src/model/nights/night.ts';
import { aBlueprint } from '../../support/builders.ts';

const stores = {
  graph: { kind: 'neo4j', service: 'neo4j', volume: 'neo4j_data', passwordFrom: 'NEO4J_PASSWORD' },
  vectors: { kind: 'qdrant', service: 'qdrant', volume: 'qdrant_data' },
  queue: { kind: 'redis', service: 'redis', volume: 'redis_data' },
};

function blueprint(changes: object = {}): Blueprint {
  const order = ['vectors', 'queue', 'graph'];
  return Blueprint.parse({ ...aBlueprint(), stores, backup: { order }, restore: { order }, ...changes });
}

function source(tier: 'premium' | 'standard', instance = 'pharma'): NightSource {
  return { instance, host: 'h1', tier } as NightSource;
}

function job(schedules: readonly WantedSchedule[], name: string): WantedSchedule {
  const found = schedules.find(({ id }) => id.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`no job ${name}`);
  return found;
}

test('premium is backed up every night, standard once a week', () => {
  const premium = job(wantedSchedules(source('premium'), blueprint()), 'backup');
  const standard = job(wantedSchedules(source('standard'), blueprint()), 'backup');
  expect(premium.when).toMatchObject({ every: 'day', zone: 'UTC', at: expect.stringMatching(/^03:/) });
  expect(standard.when).toMatchObject({ every: 'week', zone: 'UTC', at: expect.stringMatching(/^03:/) });
  expect(premium.input).toMatchObject({ procedure: 'backup', turn: 'host', request: { reason: 'scheduled' } });
});

test('the night that takes a set later reads that set again, and the set that nobody has read for longest', () => {
  for (const tier of ['premium', 'standard'] as const) {
    for (const instance of ['pharma', 'sap', 'x9', 'client-7']) {
      const wanted = wantedSchedules(source(tier, instance), blueprint());
      const [backup, verify] = [job(wanted, 'backup').when, job(wanted, 'verify').when];
      if (backup.every === 'interval' || verify.every === 'interval') throw new Error('they fire at a time of day');
      expect({ ...verify, at: '' }).toEqual({ ...backup, at: '' });
      expect(minutes(verify.at) - minutes(backup.at)).toBe(120);
      expect(job(wanted, 'verify').input).toMatchObject({ request: { set: 'latest' } });
      expect(job(wanted, 'verify-again').input).toMatchObject({ request: { set: 'least-recently-verified' } });
    }
  }
});

const app = { rpo: '5m', rto: '15m' };
const promises = { graph: { rpo: '24h' }, vectors: { rpo: '7d' }, queue: { rpo: '1h' }, app };

test('a store is captured by itself where it is promised more than whole sets give', () => {
  const objectives = promises;
  expect(capturesOf({ tier: 'premium' }, blueprint({ objectives }))).toEqual([{ store: 'queue', minutes: 30 }]);
  expect(capturesOf({ tier: 'standard' }, blueprint({ objectives }))).toEqual([
    { store: 'graph', minutes: 1440 },
    { store: 'queue', minutes: 30 },
  ]);
  expect(capturesOf({ tier: 'standard' }, blueprint())).toEqual([]);
  expect(capturesOf({ tier: 'premium' }, blueprint({ objectives: { queue: { rto: '1h' } } }))).toEqual([]);
});

test('an only store is in every whole set, so there is nothing to capture between them', () => {
  const only = { stores: { queue: stores.queue }, backup: { order: ['queue'] }, restore: { order: ['queue'] } };
  const alone = blueprint({ ...only, objectives: promises });
  expect(capturesOf({ tier: 'premium' }, alone)).toEqual([]);
});

test('a capture of many a day is light: what an outage keeps from it the next one makes good', () => {
  const wanted = wantedSchedules(source('premium'), blueprint({ objectives: promises }));
  const capture = job(wanted, 'capture-queue');
  expect(capture).toMatchObject({ when: { every: 'interval', minutes: 30 }, catchupMinutes: 15 });
  expect(NightJob.parse(capture.input)).toMatchObject({
    procedure: 'backup',
    turn: 'none',
    request: { reason: 'scheduled', stores: ['queue'] },
    beginWithinMinutes: 27,
  });
});

test('a capture of once a day is made at night, in the queue of the host', () => {
  const capture = job(wantedSchedules(source('standard'), blueprint({ objectives: promises })), 'capture-graph');
  expect(capture.when).toMatchObject({ every: 'day', at: expect.stringMatching(/^03:/) });
  expect(capture.input).toMatchObject({ turn: 'host', request: { stores: ['graph'] } });
});

test.each([
  ['7m', 5],
  ['50m', 20],
  ['90m', 30],
  ['5h', 120],
  ['23h', 480],
  ['24h', 1440],
  ['3d', 1440],
])('a promise of %s is kept by a capture every %i minutes', (rpo, minutes) => {
  const objectives = { queue: { rpo } };
  expect(capturesOf({ tier: 'standard' }, blueprint({ objectives }))).toEqual([{ store: 'queue', minutes }]);
});

test('a capture that begins as late as it may still keeps the promise, and is over when the next is due', () => {
  for (let promised = 10; promised < 1440; promised += 1) {
    const objectives = { queue: { rpo: `${promised}m` } };
    const schedule = job(wantedSchedules(source('premium'), blueprint({ objectives })), 'capture-queue');
    const { beginWithinMinutes } = NightJob.parse(schedule.input);
    if (schedule.when.every !== 'interval') throw new Error('it fires in intervals');
    expect(1440 % schedule.when.minutes).toBe(0);
    expect(beginWithinMinutes).toBeLessThan(schedule.when.minutes);
    expect(schedule.when.minutes + beginWithinMinutes, `${promised}m`).toBeLessThan(promised);
  }
});

test('every job is one that a nightJob accepts, and can begin before its night is over', () => {
  for (const hours of [1, 4, 12]) {
    const nights = { begin: '22:30', hours };
    for (const instance of ['pharma', 'sap', 'x9', 'a-rather-long-name-of-a-client']) {
      for (const schedule of wantedSchedules(source('standard', instance), blueprint({ nights }))) {
        const input = NightJob.parse(schedule.input);
        const { when } = schedule;
        if (when.every === 'interval') throw new Error('a night job fires at a time of day');
        const at = minutes(when.at) < minutes('22:30') ? minutes(when.at) + 1440 : minutes(when.at);
        expect(at, schedule.id).toBeGreaterThanOrEqual(minutes('22:30'));
        expect(at + input.beginWithinMinutes, schedule.id).toBe(minutes('22:30') + hours * 60);
        expect(input.beginWithinMinutes, schedule.id).toBeGreaterThanOrEqual((hours * 60) / 4);
      }
    }
  }
});

const requests: Record<NightProcedure, z.ZodType> = {
  backup: BackupRequest,
  cleanup: CleanupRequest,
  verify: VerifyRequest,
  retention: RetentionRequest,
  drill: DrillRequest,
};

test('every procedure of a night is asked for in a way that it accepts', () => {
  const cleanup = {
    protoKg: { store: 'graph', label: 'ProtoConcept', property: 'at', olderThan: '7d', where: { status: 'pending' } },
    qdrant: { store: 'vectors' },
  };
  const everything = blueprint({ cleanup, objectives: promises });
  const inputs = wantedSchedules(source('premium'), everything).map(({ input }) => NightJob.parse(input));
  expect(new Set(inputs.map(({ procedure }) => procedure))).toEqual(new Set(Object.keys(requests)));
  for (const { procedure, request } of inputs) requests[procedure].parse({ instance: 'pharma', ...request });
});

test('instances come one after the other, at times that never change by themselves', () => {
  const at = (instance: string) => {
    const { when } = job(wantedSchedules(source('premium', instance), blueprint()), 'backup');
    return when.every === 'interval' ? '' : when.at;
  };
  const times = Array.from({ length: 50 }, (_, number) => at(`client-${number}`));
  expect(new Set(times).size).toBeGreaterThan(25);
  expect(times.every((time) => time >= '03:00' && time < '04:00')).toBe(true);
  expect(at('pharma')).toBe(at('pharma'));
});

test('weekly jobs are spread over the week', () => {
  const days = Array.from({ length: 50 }, (_, number) => {
    const { when } = job(wantedSchedules(source('standard', `client-${number}`), blueprint()), 'backup');
    return when.every === 'week' ? when.day : '';
  });
  expect(new Set(days).size).toBe(7);
});

test('a job that is due after midnight belongs to the night that began the day before', () => {
  const late = wantedSchedules(source('standard'), blueprint({ nights: { begin: '23:59', hours: 4 } }));
  const early = wantedSchedules(source('standard'), blueprint({ nights: { begin: '20:00', hours: 4 } }));
  const first = (schedules: WantedSchedule[]) =>
    firings(job(schedules, 'verify').when, new Date('2026-11-22T12:00Z'), new Date('2026-11-29T12:00Z'))[0];
  const hours = ((first(late)?.getTime() ?? 0) - (first(early)?.getTime() ?? 0)) / 3_600_000;
  expect(hours).toBeCloseTo(4, 0);
});

function minutes(time: string): number {
  const [hours = 0, rest = 0] = time.split(':').map(Number);
  return hours * 60 + rest;
}
