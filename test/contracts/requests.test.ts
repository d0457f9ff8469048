import { describe, expect, test } from 'vitest';
import type { z } from 'zod';
import { BackupRequest } from '../../src/contracts/backup.ts';
import { BlueprintPush, BlueprintsRequest } from '../../src/contracts/blueprint.ts';
import { CleanupRequest } from '../../src/contracts/cleanup.ts';
import { DecommissionRequest } from '../../src/contracts/decommission.ts';
import { DrillRequest } from '../../src/contracts/drill.ts';
import { ReadOnlyRequest } from '../../src/contracts/edge-mode.ts';
import { ObjectivesRequest } from '../../src/contracts/objectives.ts';
import { ProvisionRequest } from '../../src/contracts/provision.ts';
import { ReportRequest } from '../../src/contracts/report.ts';
import { RestoreRequest } from '../../src/contracts/restore.ts';
import { RetentionRequest } from '../../src/contracts/retention.ts';
import { RetireRequest } from '../../src/contracts/retire.ts';
import { SetRequest, SetsRequest } from '../../src/contracts/sets.ts';
import { TierRequest } from '../../src/contracts/tier.ts';
import { RetireReleaseRequest } from '../../src/contracts/upgrade.ts';
import { VerifyRequest } from '../../src/contracts/verify.ts';
import { invalidInput } from '../../src/failures.ts';
import { anIdentity, setId } from '../support/builders.ts';

const pharma = { instance: 'pharma' };
const moment = '2026-11-21T03:00:00.000Z';
const requests = [
  { name: 'backup', schema: BackupRequest, least: pharma },
  { name: 'restore', schema: RestoreRequest, least: pharma },
  { name: 'verify', schema: VerifyRequest, least: pharma },
  { name: 'drill', schema: DrillRequest, least: pharma },
  { name: 'cleanup', schema: CleanupRequest, least: { ...pharma, what: 'proto-kg' } },
  { name: 'decommission', schema: DecommissionRequest, least: pharma },
  { name: 'sets', schema: SetsRequest, least: pharma },
  { name: 'objectives', schema: ObjectivesRequest, least: pharma },
  { name: 'report', schema: ReportRequest, least: pharma },
  { name: 'set', schema: SetRequest, least: { set: setId } },
  { name: 'readOnly', schema: ReadOnlyRequest, least: { ...pharma, state: 'on' } },
  { name: 'changeTier', schema: TierRequest, least: { ...pharma, tier: 'premium' } },
  { name: 'provision', schema: ProvisionRequest, least: { ...pharma, blueprint: 'osmose@1.0.0' } },
  { name: 'blueprint', schema: BlueprintPush, least: { files: {} } },
  { name: 'retention', schema: RetentionRequest, least: pharma },
  { name: 'retireGeneration', schema: RetireRequest, least: { ...anIdentity(), generation: 1, notBefore: moment } },
  {
    name: 'retireRelease',
    schema: RetireReleaseRequest,
    least: { ...anIdentity(), colour: 'blue', notBefore: moment },
  },
];

describe.each(requests)('$name', ({ schema, least }) => {
  test('needs no more than the least', () => {
    expect(schema.safeParse(least).error?.issues).toBeUndefined();
  });

  test.each(Object.keys(least))('needs %s', (field) => {
    const { [field]: _, ...rest } = least as Record<string, unknown>;
    expect(schema.safeParse(rest).success).toBe(false);
  });

  test('refuses a key it does not know, by name', () => {
    expect(schema.safeParse({ ...least, instanze: 'x' }).error?.issues).toMatchObject([
      { code: 'unrecognized_keys', keys: ['instanze'] },
    ]);
  });

  test('accepts what it made of a request', () => {
    const parsed = schema.parse(least);
    expect(schema.parse(parsed)).toEqual(parsed);
  });

  test.each([undefined, null, 'pharma', 7, []])('refuses %j', (input) => {
    expect(schema.safeParse(input).success).toBe(false);
  });
});

test('the list of blueprints needs nothing, not even a request', () => {
  expect(BlueprintsRequest.parse(undefined)).toEqual({});
  expect(BlueprintsRequest.safeParse({ all: true }).success).toBe(false);
});

test.each([
  ['backup', BackupRequest, pharma, { reason: 'requested', waitMinutes: 1440 }],
  ['restore', RestoreRequest, pharma, { set: 'latest', graceHours: 24, waitMinutes: 1440 }],
  [
    'restore as a new instance',
    RestoreRequest,
    { ...pharma, as: 'copy' },
    { set: 'latest', waitMinutes: 1440, storePorts: 'closed', variables: {} },
  ],
  ['decommission', DecommissionRequest, pharma, { keepSetsDays: 30, waitMinutes: 1440 }],
  ['verify', VerifyRequest, pharma, { waitMinutes: 1440 }],
  ['readOnly', ReadOnlyRequest, { ...pharma, state: 'off' }, { waitMinutes: 60 }],
  ['changeTier', TierRequest, { ...pharma, tier: 'standard' }, { waitMinutes: 60 }],
  [
    'provision',
    ProvisionRequest,
    { ...pharma, blueprint: 'osmose@1.0.0' },
    { tier: 'standard', storePorts: 'closed', variables: {} },
  ],
])('what %s leaves out has a default', (_, schema, least, defaults) => {
  expect(schema.parse(least)).toMatchObject(defaults);
});

test.each([
  ['a new instance with a time for the way back from it', RestoreRequest, { ...pharma, as: 'copy', graceHours: 1 }],
  ['a host for a restore in place', RestoreRequest, { ...pharma, confirm: 'pharma', host: 'h2' }],
  ['a reason of two letters', RestoreRequest, { ...pharma, skipSafetySet: 'no' }],
  ['a wait of more than a week', BackupRequest, { ...pharma, waitMinutes: 10_081 }],
  ['a wait of half a minute', BackupRequest, { ...pharma, waitMinutes: 0.5 }],
  ['a variable in small letters', ProvisionRequest, { ...pharma, blueprint: 'a@1.0.0', variables: { port: '1' } }],
  ['a number for a variable', ProvisionRequest, { ...pharma, blueprint: 'a@1.0.0', variables: { PORT: 1 } }],
  ['a blueprint without a version', ProvisionRequest, { ...pharma, blueprint: 'osmose' }],
  ['a file that leads out', BlueprintPush, { files: { '../x': '' } }],
  ['a file at the root', BlueprintPush, { files: { '/etc/x': '' } }],
  ['a file that is not base64', BlueprintPush, { files: { x: 'ä' } }],
  ['the latest set of nobody', VerifyRequest, { set: 'latest' }],
  ['generation none', RetireRequest, { ...anIdentity(), generation: 0, notBefore: moment }],
])('%s is refused', (_, schema, request) => {
  expect(schema.safeParse(request).success).toBe(false);
});

test.each<[string, z.ZodType, object, field: string]>([
  ['a wait of nothing', BackupRequest, { ...pharma, waitMinutes: 0 }, 'waitMinutes'],
  ['a reason nobody knows', BackupRequest, { ...pharma, reason: 'because' }, 'reason'],
  ['something unknown to clean', CleanupRequest, { ...pharma, what: 'redis' }, 'what'],
  ['a window that is no moment', CleanupRequest, { ...pharma, what: 'qdrant', untilAt: 'tonight' }, 'untilAt'],
  ['a negative time to keep', DecommissionRequest, { ...pharma, keepSetsDays: -1 }, 'keepSetsDays'],
  ['a word that is no set', DrillRequest, { ...pharma, set: 'best' }, 'set'],
  ['a name that is none', ProvisionRequest, { instance: 'Acme', blueprint: 'a@1.0.0' }, 'instance'],
  ['a tier that nobody sells', ProvisionRequest, { ...pharma, blueprint: 'a@1.0.0', tier: 'gold' }, 'tier'],
  ['another tier that nobody sells', TierRequest, { ...pharma, tier: 'gold' }, 'tier'],
  ['another state than on and off', ReadOnlyRequest, { ...pharma, state: 'maintenance' }, 'state'],
  ['a name that is none for a copy', RestoreRequest, { ...pharma, as: 'Copy!' }, 'as'],
  ['a safety set skipped for no reason', RestoreRequest, { ...pharma, skipSafetySet: '' }, 'skipSafetySet'],
  ['a restore to no set', RestoreRequest, { ...pharma, set: 'newest' }, 'set'],
  ['a grace of six weeks', RestoreRequest, { ...pharma, graceHours: 1000 }, 'graceHours'],
  ['a dry run that is neither', RetentionRequest, { ...pharma, dryRun: 'maybe' }, 'dryRun'],
  ['a day without a time', RetireRequest, { ...anIdentity(), generation: 1, notBefore: '2026-01-01' }, 'notBefore'],
  ['a colour there is not', RetireReleaseRequest, { ...anIdentity(), colour: 'red', notBefore: moment }, 'colour'],
  ['the latest set of an instance that is not named', SetRequest, { set: 'latest' }, 'set'],
])('%s is refused by the name of its field', (_, schema, request, field) => {
  const { error } = schema.safeParse(request);
  expect(error && invalidInput(error).problems).toEqual([expect.stringMatching(`^${field}: `)]);
});

test.each<[string, object, string[]]>([
  ['in place', { ...pharma, confirm: 'pharma', hots: 'h2' }, ['hots: there is no such field']],
  ['as a new instance', { ...pharma, as: 'copy', graceHours: 1 }, ['graceHours: there is no such field']],
  ['of nothing', { graceHours: 1 }, ['instance: expected string, nothing was given']],
])('of a restore %s only the problems of that are told', (_, request, problems) => {
  const { error } = RestoreRequest.safeParse(request);
  expect(error && invalidInput(error).problems).toEqual(problems);
});
