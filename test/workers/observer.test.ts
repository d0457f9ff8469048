import type { MetricMeter } from '@temporalio/common';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { beforeEach, describe, expect, test } from 'vitest';
import { DrydockError } from '../../src/errors.ts';
import { sample } from '../../src/model/metrics/samples.ts';
import { createCatalogueViews } from '../../src/workers/control/catalogue-view.ts';
import { createObserver, keepObserving, type Observer } from '../../src/workers/observer.ts';
import { anIdentity, instanceId } from '../support/builders.ts';
import { createFakeObjectStore, InMemoryBucket } from '../support/fakes/object-store.ts';

const values = new Map<string, number>();
const logged: LogEntry[] = [];
const logger = new DefaultLogger('WARN', (entry) => logged.push(entry));
let observer: Observer;
beforeEach(() => {
  values.clear();
  logged.length = 0;
  observer = createObserver(meter(), ['catalogue', 'entity'], logger);
});

/** Values by `name label,label`, as the runtime would export them. */
function meter(): MetricMeter {
  const series = (name: string, labels: object) => [name, ...Object.values(labels)].join(' ');
  const gauge = (name: string) => ({
    set: (value: number, labels = {}) => values.set(series(name, labels), value),
  });
  const counter = (name: string) => ({
    add: (value: number, labels = {}) =>
      values.set(series(name, labels), (values.get(series(name, labels)) ?? 0) + value),
  });
  return { createGauge: gauge, createCounter: counter } as never;
}

const sets = (drydock_instance: string, count: number) => [sample('drydock_sets', { drydock_instance }, count)];
const point = (store: string, at: number) =>
  sample('drydock_recovery_point_timestamp_seconds', { drydock_instance: 'pharma', store }, at);
const observedAt = (source: string, instance: string) =>
  values.get(`drydock_observed_timestamp_seconds ${source} ${instance}`);

describe('the gauges', () => {
  test('say when they were read, and are replaced as a whole', async () => {
    const before = Date.now() / 1000;
    await observer.observe('catalogue', 'pharma', async () => [point('graph', 1), point('queue', 1)]);
    await observer.observe('catalogue', 'pharma', async () => [point('graph', 2)]);
    expect(values.get('drydock_recovery_point_timestamp_seconds pharma graph')).toBe(2);
    expect(values.get('drydock_recovery_point_timestamp_seconds pharma queue')).toBeNaN();
    expect(observedAt('catalogue', 'pharma')).toBeGreaterThanOrEqual(before);
  });

  test('of an instance that is gone compare with nothing any more, its moment neither', async () => {
    for (const name of ['pharma', 'sap']) await observer.observe('catalogue', name, async () => sets(name, 3));
    observer.keepOnly('catalogue', ['sap']);
    expect(values.get('drydock_sets pharma')).toBeNaN();
    expect(observedAt('catalogue', 'pharma')).toBeNaN();
    expect(values.get('drydock_sets sap')).toBe(3);
  });

  test('of a source that fails keep value and moment; the failure is counted and logged with its reason', async () => {
    expect(values.get('drydock_observation_failures_total catalogue')).toBe(0);
    await observer.observe('catalogue', 'pharma', async () => sets('pharma', 3));
    const moment = observedAt('catalogue', 'pharma');
    await observer.observe('catalogue', 'pharma', () => Promise.reject(new DrydockError('unavailable', 'list sets')));
    expect(values.get('drydock_sets pharma')).toBe(3);
    expect(observedAt('catalogue', 'pharma')).toBe(moment);
    expect(values.get('drydock_observation_failures_total catalogue')).toBe(1);
    expect(values.get('drydock_observation_failures_total entity')).toBe(0);
    expect(logged[0]?.meta).toMatchObject({
      source: 'catalogue',
      instance: 'pharma',
      problem: expect.stringContaining('list sets'),
    });
  });
});

test('a look that breaks is reported, and the next one comes all the same', async () => {
  let looks = 0;
  const done = Promise.withResolvers<void>();
  const round = async () => {
    looks += 1;
    if (looks === 1) throw new Error('nobody foresaw this');
    done.resolve();
  };
  const observing = keepObserving(round, observer, { everyMs: 1, logger });
  await done.promise;
  observing.stop();
  expect(logged.map(({ meta }) => meta?.['problem'])).toEqual([expect.stringContaining('nobody foresaw this')]);
});

describe('the bucket', () => {
  test('has orphans where a set has no manifest and what is there is old', async () => {
    const bucket = new InMemoryBucket();
    const views = createCatalogueViews(createFakeObjectStore(bucket));
    const old = new Date(Date.now() - 49 * 3600_000);
    const put = (key: string, length: number, modifiedAt: Date) =>
      bucket.objects.set(`instances/pharma.${instanceId}/sets/${key}`, { body: Buffer.alloc(length), modifiedAt });
    put('20261101T030000Z-1a2b3c4d/graph/neo4j.dump.age', 100, old);
    put('20261101T030000Z-1a2b3c4d/queue/dump.rdb.age', 20, old);
    put('20261121T030000Z-1a2b3c4d/graph/neo4j.dump.age', 3000, new Date());
    put('notes-of-somebody-else/graph/plan.txt', 40_000, old);
    expect(await views.catalogue(anIdentity())).toEqual({ sets: [], orphanBytes: 120 });
  });
});
