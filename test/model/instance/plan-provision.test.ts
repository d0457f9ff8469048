import { describe, expect, test } from 'vitest';
import { Blueprint } from '../../../src/contracts/blueprint.ts';
import { HostName, Sha256 } from '../../../src/contracts/ids.ts';
import { ProvisionRequest } from '../../../src/contracts/provision.ts';
import { describeError } from '../../../src/errors.ts';
import { type HostObservation, planProvision } from '../../../src/model/instance/plan-provision.ts';
import { blueprintParts, digest, instanceId } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const gibibyte = 1024 ** 3;
const quiet: HostObservation = {
  host: HostName.parse('h1'),
  portsInUse: new Map(),
  directoryExists: false,
  leftovers: [],
  memoryBytes: 16 * gibibyte,
  memoryReserveBytes: gibibyte,
  memoryPromisedBytes: 0,
  diskFreeBytes: 100 * gibibyte,
  hostVariables: {},
  secretFiles: [],
};

function plan(request: object = {}, observed: Partial<HostObservation> = {}, change = (_: Parts) => {}) {
  const parts = blueprintParts();
  change(parts);
  return planProvision(
    { ...ProvisionRequest.parse({ instance: 'pharma', blueprint: 'stack@1.0.0', ...request }), id: instanceId },
    Blueprint.parse(parts.contract),
    { digest: Sha256.parse(digest), template: parts.template },
    { ...quiet, ...observed },
    2 * gibibyte,
    { app: 'stack-app:1.0.0' },
  );
}
type Parts = ReturnType<typeof blueprintParts>;

function problemsOf(attempt: () => unknown): readonly string[] {
  const refusal = refusalFrom(attempt);
  expect(refusal).toMatchObject({ code: 'refused', next: expect.stringContaining('nothing was made') });
  return refusal.problems;
}

test('on a quiet host everything has its first choice', () => {
  expect(plan()).toMatchObject({
    instance: 'pharma',
    project: 'drydock-pharma_serving',
    colour: 'blue',
    generation: 1,
    ports: { APP_PORT: 8000, BOLT_PORT: 8020 },
    variables: { APP_PORT: '8000', NEO4J_IMAGE: 'neo4j:5', TENANT_ID: 'default' },
    generate: ['NEO4J_PASSWORD', 'QDRANT_API_KEY', 'REDIS_PASSWORD', 'JWT_SECRET_KEY'],
    secretFiles: {},
    volumes: { graph: 'drydock-pharma.neo4j_data.g1', queue: 'drydock-pharma.redis_data.g1' },
    memoryBytes: 2 * gibibyte,
  });
});

describe('ports', () => {
  test.each<[string, [number, string][], object]>([
    ['move together by 100 when one of them is taken', [[8020, 'container x']], { APP_PORT: 8100, BOLT_PORT: 8120 }],
    [
      'move on until the whole block is free',
      [
        [8000, 'a'],
        [8120, 'b'],
        [8200, 'c'],
      ],
      { APP_PORT: 8300, BOLT_PORT: 8320 },
    ],
  ])('%s', (_, taken, ports) => {
    expect(plan({}, { portsInUse: new Map(taken) }).ports).toEqual(ports);
  });

  test('that were given stay, and the others are chosen without them', () => {
    const given = plan({ variables: { APP_PORT: '9999' } }, { portsInUse: new Map([[8000, 'instance a']]) });
    expect(given.ports).toEqual({ APP_PORT: 9999, BOLT_PORT: 8020 });
  });

  test('that cannot be found within a hundred steps are named by the first that is taken', () => {
    const all = new Map(Array.from({ length: 100 }, (_, step): [number, string] => [8000 + step * 100, 'squatter']));
    expect(problemsOf(() => plan({}, { portsInUse: all }))).toEqual(['port 8000 (APP_PORT) is taken by squatter']);
  });
});

describe('is refused with the reason', () => {
  test.each<[string, object, Partial<HostObservation>, string]>([
    [
      'a given port is taken',
      { variables: { APP_PORT: '9999' } },
      { portsInUse: new Map([[9999, 'process nginx (pid 7)']]) },
      'port 9999 (APP_PORT) is taken by process nginx (pid 7)',
    ],
    ['a port is a word', { variables: { APP_PORT: 'http' } }, {}, 'APP_PORT=http is not a port'],
    ['a port is too large', { variables: { APP_PORT: '70000' } }, {}, 'APP_PORT=70000 is not a port'],
    [
      'a port is given twice',
      { variables: { APP_PORT: '9000', BOLT_PORT: '9000' } },
      {},
      'port 9000 is given to APP_PORT and to BOLT_PORT',
    ],
    [
      'a port is given that another one would choose',
      { variables: { APP_PORT: '8020' } },
      {},
      'port 8020 is given to APP_PORT and to BOLT_PORT',
    ],
    [
      'a variable is unknown',
      { variables: { COLOR: 'red' } },
      {},
      'COLOR is not a variable of stack@1.0.0; it has APP_PORT, BOLT_PORT, NEO4J_PASSWORD',
    ],
    [
      'a secret is given as a value',
      { variables: { MODEL_KEY: 'sk-123' } },
      {},
      "MODEL_KEY is a secret and cannot be given as a value: put it into a file of the host's secrets directory and pass secret:FILE",
    ],
    [
      'a secret file is not there',
      { variables: { MODEL_KEY: 'secret:model' } },
      { secretFiles: ['openai', 'other'] },
      'MODEL_KEY: the host has no secret file model; it has openai, other',
    ],
    ['a value has two lines', { variables: { TENANT_ID: 'a\nb' } }, {}, 'TENANT_ID contains a line break'],
    ['the directory is there', {}, { directoryExists: true }, 'host h1 already has a directory for pharma'],
    ['something is left', {}, { leftovers: ['volume x', 'network y'] }, 'host h1 already has volume x, network y'],
    [
      'memory is promised to others',
      {},
      { memoryPromisedBytes: 14 * gibibyte },
      'needs 2.0 GiB of memory; host h1 has 1.0 GiB left of 16.0 GiB (14.0 GiB promised, 1.0 GiB reserved)',
    ],
    ['the disk is full', {}, { diskFreeBytes: gibibyte }, 'needs 2.0 GiB of disk; host h1 has 1.0 GiB free'],
  ])('%s', (_, request, observed, problem) => {
    const problems = problemsOf(() => plan(request, observed));
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test('a variable without a value is missing', () => {
    const bare = ({ contract }: Parts) => {
      contract.variables.TENANT_ID = { kind: 'text' };
      contract.variables.MODEL_KEY = { kind: 'secret' };
    };
    const empty = (parts: Parts) => {
      bare(parts);
      parts.template = parts.template.replace('TENANT_ID=default', 'TENANT_ID=');
    };
    expect(problemsOf(() => plan({}, {}, empty))).toEqual([
      'MODEL_KEY is missing: pass MODEL_KEY=secret:FILE',
      'TENANT_ID is missing: pass TENANT_ID=VALUE',
    ]);
  });

  test('all reasons are told at once, and no secret is in them', () => {
    const refusal = () =>
      plan({ variables: { MODEL_KEY: 'sk-123', X: 'y' } }, { directoryExists: true, diskFreeBytes: 0 });
    expect(problemsOf(refusal)).toHaveLength(4);
    expect(describeError(refusalFrom(refusal))).not.toContain('sk-123');
  });
});

test('a value given wins over the host’s, and the host’s over the template’s', () => {
  const hostVariables = { APP_IMAGE: 'registry/app', NEO4J_IMAGE: 'registry/neo4j', NEO4J_PASSWORD: 'never' };
  const { variables } = plan({ variables: { APP_IMAGE: 'mine' } }, { hostVariables });
  expect(variables).toMatchObject({ APP_IMAGE: 'mine', NEO4J_IMAGE: 'registry/neo4j', REDIS_IMAGE: 'redis:7' });
  expect(Object.values(variables)).not.toContain('never');
});

test('a secret file is planned by its name', () => {
  const { secretFiles, variables } = plan({ variables: { MODEL_KEY: 'secret:openai' } }, { secretFiles: ['openai'] });
  expect(secretFiles).toEqual({ MODEL_KEY: 'openai' });
  expect(variables['MODEL_KEY']).toBeUndefined();
});
