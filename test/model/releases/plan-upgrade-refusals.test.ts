import { describe, expect, test } from 'vitest';
import { describeError } from '../../../src/errors.ts';
import type { UpgradeObservation } from '../../../src/model/releases/upgrade-observation.ts';
import { digest } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';
import { breaking, type Change, healthy, mebibyte, planOf, type UpgradeCase } from '../../support/upgrade-cases.ts';

function problemsOf(attempt: () => unknown): readonly string[] {
  const refusal = refusalFrom(attempt);
  expect(refusal).toMatchObject({ code: 'refused', next: expect.stringContaining('nothing was touched') });
  return refusal.problems;
}

describe('is refused when', () => {
  test.each<[string, UpgradeCase, string]>([
    ['it runs already', { record: { blueprint: { ref: 'stack@2.0.0', digest } } }, 'pharma runs stack@2.0.0 already'],
    [
      'another blueprint is asked for',
      { record: { blueprint: { ref: 'other@1.0.0', digest } } },
      'pharma runs blueprint other, and stack is another blueprint',
    ],
    [
      'an older version is asked for',
      { record: { blueprint: { ref: 'stack@2.0.1', digest } } },
      'stack@2.0.0 is older than stack@2.0.1: go back with `drydock upgrade pharma --back` or restore a set',
    ],
    [
      'a variable is unknown',
      { request: { variables: { COLOR: 'red' } } },
      'COLOR is not a variable of stack@2.0.0; it has APP_PORT',
    ],
    [
      'a new variable has no value',
      {
        change: (parts) => {
          parts.template += 'REGION=\n';
          parts.contract.variables.REGION = { kind: 'text' };
        },
      },
      'REGION is missing: pass REGION=VALUE',
    ],
    [
      'the password of a store is given',
      { request: { variables: { NEO4J_PASSWORD: 'secret:graph' } }, observed: { secretFiles: ['graph'] } },
      'NEO4J_PASSWORD is the secret of store graph, which an upgrade cannot change: leave it out',
    ],
    [
      'a new port is taken',
      {
        change: (parts) => {
          parts.template += 'DEBUG_PORT=\n';
          parts.contract.variables.DEBUG_PORT = { kind: 'port', base: 9000 };
        },
        request: { variables: { DEBUG_PORT: '9999' } },
        observed: { portsInUse: new Map([[9999, 'process nginx (pid 7)']]) },
      },
      'port 9999 (DEBUG_PORT) is taken by process nginx (pid 7)',
    ],
    [
      'a published port would move',
      { request: { variables: { APP_PORT: '8001' } } },
      'port APP_PORT changes from 8000 to 8001: the container of the edge would have to be made anew',
    ],
    [
      'a route leads to another port',
      { change: ({ contract }) => (contract.edge.routes[0].target = 8001) },
      'route to app changes from APP_PORT to port 8000 into APP_PORT to port 8001: both releases are reached by the same routes',
    ],
    [
      'a route is new',
      { change: twoRoutes },
      'route to worker on BOLT_PORT is new: the container of the edge would have to be made anew',
    ],
    [
      'a route is gone',
      { before: twoRoutes },
      'route to worker on BOLT_PORT is removed: the container of the edge would have to be made anew',
    ],
    [
      'routes are in another order',
      { before: twoRoutes, change: (parts) => twoRoutes(parts).reverse() },
      'routes are in another order: the container of the edge would have to be made anew',
    ],
    [
      'a store port that is published is gone',
      { record: { storePorts: 'loopback' }, change: ({ contract }) => (contract.edge.storePorts = []) },
      'store port of neo4j on BOLT_PORT is removed: the container of the edge would have to be made anew',
    ],
    [
      'the image of the edge changes',
      { change: (parts) => (parts.template = parts.template.replace('haproxy:2.8', 'haproxy:3.0')) },
      'the image of the edge changes from haproxy:2.8 to haproxy:3.0: the container of the edge would have to be made anew, ' +
        'which an upgrade never does; pass HAPROXY_IMAGE=haproxy:2.8 to keep it',
    ],
    ['a store is gone', { change: withoutQueue }, 'store queue is removed, and its data would be lost'],
    [
      'a store is new',
      { before: withoutQueue },
      'store queue is new: the stores of an instance are made when it is provisioned',
    ],
    [
      'a store becomes another kind',
      {
        change: ({ contract }) => (contract.stores.queue = { kind: 'qdrant', service: 'redis', volume: 'redis_data' }),
      },
      'store queue changes from redis to qdrant',
    ],
    [
      'a store lies elsewhere',
      { change: ({ contract }) => (contract.stores.graph.database = 'other') },
      'store graph: database changes from neo4j to other, which an upgrade cannot bring',
    ],
    [
      'the network of the stores changes',
      { change: ({ compose }) => (compose.networks.stores = {}) },
      'network stores changes, and both releases share it with the stores',
    ],
    [
      'a copy would lack files',
      {
        change: (parts) => {
          breaking(parts);
          parts.contract.stores.files.paths.push('data/new');
        },
      },
      'store files includes data/new, and the set for the copy does not hold this path',
    ],
    [
      'an image cannot be had',
      { observed: { missingImages: ['stack-app:2.0.0'] } },
      'image stack-app:2.0.0 is not on host h1 and cannot be pulled',
    ],
    [
      'memory is short for both colours',
      { observed: { memoryFreeBytes: 256 * mebibyte - 1 } },
      'both releases at once need 256.0 MiB more of memory; 256.0 MiB are free',
    ],
    [
      'memory is short for a copy',
      { change: breaking, observed: { memoryFreeBytes: 1024 * mebibyte } },
      'both releases with their stores at once need 1.8 GiB more of memory; 1.0 GiB are free',
    ],
    [
      'the disk is short for a safety set',
      { observed: { diskFreeBytes: 711 * mebibyte } },
      'both releases and the safety set need 712.0 MiB of disk; 711.0 MiB are free',
    ],
    [
      'the disk is short for a copy',
      { change: breaking, observed: { diskFreeBytes: 811 * mebibyte } },
      'both releases with their stores and the safety set need 812.0 MiB of disk',
    ],
    [
      'a store is unhealthy',
      { observed: { stores: { ...healthy, queue: 'unhealthy' } } },
      'store queue is unhealthy: pass force with a reason to upgrade all the same',
    ],
    [
      'a service is stopped',
      { observed: { release: { app: 'healthy', worker: 'stopped' } } },
      'service worker is stopped: pass force with a reason to upgrade all the same',
    ],
    [
      'no safety set can be taken, though it is forced',
      {
        observed: { stores: { ...healthy, queue: 'stopped' } },
        request: { force: 'the queue is not needed', safetySet: 'fresh' },
      },
      'store queue is stopped, so no safety set can be taken',
    ],
    [
      'no window has room for it',
      { request: { soakMinutes: 240 } },
      'it may take 6 h 2 min with its watch, and the window sun 02:00-06:00 UTC is open for 4 h: ask for a longer window',
    ],
  ])('%s', (_, setting, problem) => {
    expect(problemsOf(() => planOf(setting))).toEqual([expect.stringContaining(problem)]);
  });

  test('more than one thing is wrong, with all of them, and no secret', () => {
    const refusal = () =>
      planOf({
        request: { variables: { MODEL_KEY: 'sk-123', COLOR: 'red' }, soakMinutes: 300 },
        observed: { memoryFreeBytes: 0, diskFreeBytes: 0, stores: { ...healthy, graph: 'absent' } },
        record: { blueprint: { ref: 'stack@3.0.0', digest } },
      });
    expect(problemsOf(refusal)).toHaveLength(7);
    const told = describeError(refusalFrom(refusal));
    expect(told).toContain('plan the upgrade of pharma from stack@3.0.0 to stack@2.0.0: refused');
    expect(told).not.toContain('sk-123');
  });
});

function withoutQueue({ contract, compose }: Parameters<Change>[0]): void {
  delete contract.stores.queue;
  delete compose.services.redis;
  contract.backup.order = contract.backup.order.filter((store: string) => store !== 'queue');
  contract.restore.order = contract.restore.order.filter((store: string) => store !== 'queue');
}

function twoRoutes({ contract }: Parameters<Change>[0]): unknown[] {
  contract.edge.routes.push({ port: 'BOLT_PORT', service: 'worker', target: 9000, ready: '/' });
  return contract.edge.routes;
}

test('an unhealthy instance is upgraded when it is forced, and the plan says why', () => {
  const observed: Partial<UpgradeObservation> = {
    stores: { ...healthy, queue: 'unhealthy' },
    release: { app: 'stopped', worker: 'absent' },
  };
  expect(planOf({ observed, request: { force: 'this version mends it' } })).toMatchObject({
    way: 'beside',
    forced: 'this version mends it',
  });
});

test('store ports that nobody publishes may change', () => {
  expect(planOf({ change: ({ contract }) => (contract.edge.storePorts = []) }).way).toBe('beside');
});

describe('the engine of a store', () => {
  const versions = (store: string, from: string, to: string): UpgradeCase => ({
    observed: { engines: { current: { [store]: from }, target: { [store]: to } } },
  });

  test.each<[string, string, string]>([
    ['graph', '5.26.1', '5.26.2'],
    ['graph', '5.26.1', '5.27.0'],
    ['vectors', 'v1.16.3', 'v1.17.0'],
    ['vectors', '1.16.3', '1.16.4'],
    ['queue', '7.2.0', '7.4.1'],
    ['queue', '7.4.1', '8.0.0'],
    ['queue', '7.4.1', '7.4.1'],
  ])('of %s may go from %s to %s', (store, from, to) => {
    expect(() => planOf(versions(store, from, to))).not.toThrow();
  });

  test.each<[string, string, string, string]>([
    ['graph', '5.26.1', '5.25.9', 'an older engine cannot read its data'],
    ['graph', '5.26.1', '2025.01.0', 'Neo4j is only upgraded inside a major version'],
    ['vectors', '1.16.3', '1.18.0', 'Qdrant is upgraded one minor version at a time'],
    ['vectors', '1.16.3', '2.0.0', 'Qdrant is upgraded one minor version at a time'],
    ['vectors', '1.16.3', '1.16.2', 'an older engine cannot read its data'],
    ['queue', '6.2.0', '8.0.0', 'Redis is upgraded one major version at a time'],
    ['queue', '8.0.0', '7.4.1', 'an older engine cannot read its data'],
  ])('of %s may not go from %s to %s', (store, from, to, reason) => {
    expect(problemsOf(() => planOf(versions(store, from, to)))).toEqual([
      `store ${store} goes from version ${from} to ${to}: ${reason}`,
    ]);
  });
});
