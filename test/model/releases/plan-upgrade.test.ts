import { describe, expect, test } from 'vitest';
import { UpgradePlan } from '../../../src/contracts/upgrade.ts';
import { digest } from '../../support/builders.ts';
import {
  breaking,
  type Change,
  compatible,
  fingerprint,
  incompatible,
  migrating,
  planOf,
  type UpgradeCase,
} from '../../support/upgrade-cases.ts';

test('a version without migrations comes up beside the serving release', () => {
  const made = planOf();
  expect(UpgradePlan.parse({ ...made, hash: digest })).toEqual({ ...made, hash: digest });
  expect(made).toMatchObject({
    instance: 'pharma',
    host: 'h1',
    project: 'drydock-pharma_serving',
    from: { ref: 'stack@1.0.0', digest, colour: 'blue', generation: 1 },
    to: { ref: 'stack@2.0.0', digest: 'cd'.repeat(32), colour: 'green', generation: 1 },
    way: 'beside',
    services: { added: [], removed: [] },
    stores: [],
    edge: 'unchanged',
    migrations: [],
    readOnly: { needed: 'no' },
    safetySet: { kind: 'recent', maxAgeHours: 24 },
    approvals: 1,
    window: 'sun 02:00-06:00 UTC',
    soakMinutes: 10,
    watch: { errorRate: 0.02, latencyFactor: 3, latencyFloorMs: 250, minimumRequests: 20 },
    observed: fingerprint,
  });
  expect(made.images).toContainEqual({ service: 'app', from: 'stack-app:1.0.0', to: 'stack-app:2.0.0' });
  expect(made.images).toContainEqual({ service: 'neo4j', from: 'neo4j:5', to: 'neo4j:5' });
});

test('no secret is in a plan', () => {
  expect(JSON.stringify(planOf({ change: breaking }))).not.toContain('hidden');
});

describe('it goes on a copy when', () => {
  test.each<[string, UpgradeCase, object]>([
    ['a migration is not compatible', { change: breaking }, { migrations: [compatible, incompatible], stores: [] }],
    [
      'the image of a store changes',
      { change: (parts) => (parts.template = parts.template.replace('redis:7', 'redis:8')) },
      { stores: [{ store: 'queue', what: 'image redis:7 → redis:8' }] },
    ],
    [
      'a store gets another environment',
      {
        change: ({ compose }) => {
          compose.services.neo4j.environment.HEAP = '512m';
          compose.services.redis.environment = {};
          compose.services.qdrant.deploy.resources.limits.memory = '1g';
        },
      },
      {
        stores: [
          { store: 'graph', what: 'environment.HEAP is new' },
          { store: 'vectors', what: 'deploy.resources.limits.memory changes' },
          { store: 'queue', what: 'environment.SECRET is gone' },
        ],
      },
    ],
    [
      'a value that a store is made with is given anew',
      {
        before: (parts) => heapFrom(parts, '256m'),
        change: (parts) => heapFrom(parts, '256m'),
        request: { variables: { HEAP: '512m' } },
      },
      { stores: [{ store: 'graph', what: 'HEAP 256m → 512m' }] },
    ],
    [
      'the default of a value that a store is made with changes',
      { before: (parts) => heapFrom(parts, '256m'), change: (parts) => heapFrom(parts, '512m') },
      { stores: [{ store: 'graph', what: 'HEAP 256m → 512m' }] },
    ],
    [
      'a secret of a store that is not its password is another one',
      {
        before: licensed,
        change: licensed,
        observed: { secretFiles: ['licence'] },
        request: { variables: { MODEL_KEY: 'secret:licence' } },
      },
      { stores: [{ store: 'graph', what: 'MODEL_KEY is another secret' }] },
    ],
  ])('%s', (_, setting, expected) => {
    expect(planOf(setting)).toMatchObject({
      way: 'on-copy',
      from: { generation: 1 },
      to: { generation: 2 },
      readOnly: { needed: 'for-the-copy' },
      safetySet: { kind: 'fresh' },
      ...expected,
    });
  });

  test('and the number of a generation that is kept is not used again', () => {
    const retired = [{ generation: 4, keepUntil: '2026-12-01T00:00:00.000Z' }];
    expect(planOf({ change: breaking, record: { generation: 2, retired } }).to.generation).toBe(5);
  });
});

function heapFrom(parts: Parameters<Change>[0], size: string): void {
  parts.template += `HEAP=${size}\n`;
  parts.compose.services.neo4j.environment.HEAP = '${HEAP:-1g}';
  parts.compose.services.neo4j.environment.LITERAL = '$$TENANT_ID';
}

function licensed({ compose }: Parameters<Change>[0]): void {
  compose.services.neo4j.environment.LICENCE = '${MODEL_KEY}';
}

test('a dollar sign in the definition of a store names no variable', () => {
  const both: Change = (parts) => heapFrom(parts, '256m');
  expect(planOf({ before: both, change: both, request: { variables: { TENANT_ID: 'acme' } } })).toMatchObject({
    way: 'beside',
    variables: { changed: ['APP_IMAGE', 'TENANT_ID'] },
  });
});

describe('writing stops', () => {
  test.each<[string, UpgradeCase, object]>([
    ['not without a reason', { observed: { readOnlyMs: 4000 } }, { needed: 'no' }],
    [
      'for migrations',
      { change: migrating, observed: { readOnlyMs: 4000 } },
      { needed: 'for-migrations', expectedMs: 4000 },
    ],
    ['for migrations, for nobody knows how long', { change: migrating }, { needed: 'for-migrations' }],
    [
      'when the blueprint asks for it',
      { change: ({ contract }) => (contract.upgrade = { readOnly: 'always' }) },
      { needed: 'asked-by-blueprint' },
    ],
    ['for the copy', { change: breaking }, { needed: 'for-the-copy' }],
    [
      'not for migrations that are finished',
      { change: migrating, observed: { finishedMigrations: ['slugs'] } },
      { needed: 'no' },
    ],
  ])('%s', (_, setting, expected) => {
    expect(planOf(setting).readOnly).toEqual(expected);
  });
});

describe('it may take', () => {
  const minute = 60_000;
  test.each<[string, UpgradeCase, number]>([
    ['start and soak, and half as much again', {}, 1.5 * (1 + 10) * minute],
    ['what migrations usually take', { change: migrating }, 1.5 * (1 + 5 + 10) * minute],
    ['what they took', { change: migrating, observed: { readOnlyMs: 2 * minute } }, 1.5 * (1 + 2 + 10) * minute],
    ['what a copy usually takes', { change: breaking }, 1.5 * (1 + 30 + 10) * minute],
    ['the soak that was asked for', { request: { soakMinutes: 0 } }, 1.5 * minute],
  ])('%s', (_, setting, ms) => {
    expect(planOf(setting).expectedMs).toBe(ms);
  });
});

describe('what the request says wins over the blueprint', () => {
  const opinionated: Change = ({ contract }) =>
    (contract.upgrade = {
      approvals: { premium: 2 },
      window: 'mon 01:00-03:00 UTC',
      soak: '30m',
      safetySetMaxAge: '7d',
      watch: { errorRate: 0.1 },
    });
  test.each<[string, UpgradeCase, object]>([
    [
      'nothing is said',
      {},
      { approvals: 1, window: 'mon 01:00-03:00 UTC', soakMinutes: 30, safetySet: { kind: 'recent', maxAgeHours: 168 } },
    ],
    ['two approve for premium', { record: { tier: 'premium' } }, { approvals: 2, watch: { errorRate: 0.1 } }],
    ['now', { request: { window: 'now' } }, { window: 'now' }],
    ['another window', { request: { window: 'tue 23:00-02:00 UTC' } }, { window: 'tue 23:00-02:00 UTC' }],
    ['no soak', { request: { soakMinutes: 0 } }, { soakMinutes: 0 }],
    ['a fresh set', { request: { safetySet: 'fresh' } }, { safetySet: { kind: 'fresh' } }],
  ])('%s', (_, setting, expected) => {
    expect(planOf({ ...setting, change: opinionated })).toMatchObject(expected);
  });
});

test('the release may grow and shrink', () => {
  const change: Change = ({ contract, compose }) => {
    contract.release = ['app', 'reporter'];
    contract.writers = [];
    compose.services.reporter = compose.services.worker;
    delete compose.services.worker;
  };
  const { services, images, way } = planOf({ change });
  expect({ services, way }).toEqual({ services: { added: ['reporter'], removed: ['worker'] }, way: 'beside' });
  expect(images).toContainEqual({ service: 'reporter', to: 'stack-app:2.0.0' });
  expect(images).toContainEqual({ service: 'worker', from: 'stack-app:1.0.0' });
});

test('files of config/ come along when they are new, and stay when they are there', () => {
  const change: Change = ({ others }) => {
    others['config/new.yaml'] = 'a: 1\n';
    others['config/app.yaml'] = 'note: second\n';
    others['config/same.yaml'] = 'a: 1\n';
  };
  const before: Change = ({ others }) => (others['config/same.yaml'] = 'a: 1\n');
  const configFiles = ['config/app.yaml', 'config/own.yaml', 'config/same.yaml'];
  expect(planOf({ before, change, observed: { configFiles } }).config).toEqual({
    added: ['config/new.yaml'],
    kept: ['config/app.yaml'],
  });
});

test('the edge is only read again when other requests pass while writing is off', () => {
  const change: Change = ({ contract }) => contract.edge.readOnly.allow.push('POST /lookup');
  expect(planOf({ change }).edge).toBe('reloaded');
});

describe('what happens on failure is told', () => {
  test('by phase, with the colours of this upgrade', () => {
    const { onFailure } = planOf({ change: migrating, record: { colour: 'green' }, request: { graceHours: 48 } });
    expect(onFailure.map(({ phase }) => phase)).toEqual([
      'start of the new release',
      'approval and window',
      'safety set',
      'migrations',
      'switch',
      'watch of 10 min',
      'after the watch',
    ]);
    expect(onFailure[0]?.what).toBe('blue is removed; green has never stopped serving');
    expect(onFailure.at(-1)?.what).toBe('it goes back only when asked: `drydock upgrade pharma --back` within 48 h');
  });

  test('with what is lost when a copy goes back', () => {
    const { onFailure } = planOf({ change: breaking });
    expect(onFailure.at(-2)?.what).toContain('what was written to generation 2 since the switch is lost, and counted');
    expect(onFailure.at(-1)?.what).toContain('what was written since the switch is lost then');
  });

  test('with the way back that ends, when one is kept', () => {
    const previous = {
      blueprint: { ref: 'stack@0.9.0', digest },
      colour: 'green',
      generation: 1,
      keepUntil: '2026-12-01T00:00:00.000Z',
    };
    expect(planOf({ record: { previous } }).onFailure[0]).toEqual({
      phase: 'whatever happens',
      what: 'the previous release stack@0.9.0 is replaced, so the way back of the last upgrade ends',
    });
  });

  test('and that there is no way back without a grace period', () => {
    expect(planOf({ request: { graceHours: 0 } }).onFailure.at(-1)?.what).toContain('there is no way back');
  });
});
