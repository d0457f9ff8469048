import type { z } from 'zod';
import { AdoptRequest } from '../../src/contracts/adopt.ts';
import { ApprovalMessage } from '../../src/contracts/approval.ts';
import { BackupRequest } from '../../src/contracts/backup.ts';
import { Blueprint, BlueprintPush, BlueprintsRequest } from '../../src/contracts/blueprint.ts';
import { CleanupRequest } from '../../src/contracts/cleanup.ts';
import { DecommissionRequest } from '../../src/contracts/decommission.ts';
import { DrillRequest } from '../../src/contracts/drill.ts';
import { ReadOnlyRequest } from '../../src/contracts/edge-mode.ts';
import { EvidenceRecord } from '../../src/contracts/evidence.ts';
import { Manifest } from '../../src/contracts/manifest.ts';
import { HoldRequest, NightJob, ScheduleRequest, WatchmanRequest } from '../../src/contracts/night.ts';
import { ObjectivesRequest } from '../../src/contracts/objectives.ts';
import { ProvisionRequest } from '../../src/contracts/provision.ts';
import { ReportRequest } from '../../src/contracts/report.ts';
import { RestoreRequest } from '../../src/contracts/restore.ts';
import { RetentionRequest } from '../../src/contracts/retention.ts';
import { RetireRequest } from '../../src/contracts/retire.ts';
import { SetRequest, SetsRequest } from '../../src/contracts/sets.ts';
import { SettleRequest } from '../../src/contracts/settle.ts';
import { TierRequest } from '../../src/contracts/tier.ts';
import { RetireReleaseRequest, RollbackRequest, UpgradeRequest } from '../../src/contracts/upgrade.ts';
import { VerifyRequest } from '../../src/contracts/verify.ts';
import { page } from './markdown.ts';
import { fieldsTable } from './schema-table.ts';

export function blueprintPage(): string {
  return page(
    'Blueprint',
    'A blueprint is a directory with `blueprint.yaml`, `docker-compose.yml`, `.env.template` and what these refer to. ' +
      'This page lists the fields of `blueprint.yaml`. A complete example is [blueprints/osmose](../../blueprints/osmose/blueprint.yaml). ' +
      '`drydock blueprint check` says everything that is wrong with one, with file and line.',
    'A field that is not listed here is refused. In a field name, `<name>` stands for a name of your choice and `[]` for each entry of a list.',
    fieldsTable(Blueprint, 'input'),
  );
}

export function manifestPage(): string {
  return page(
    'Manifest',
    '`manifest.json` is written last, so a recovery set exists when its manifest exists. It lies at ' +
      '`instances/<instance>/sets/<set>/manifest.json` below the prefix of the bucket. `drydock set show` prints it.',
    fieldsTable(Manifest, 'output'),
    [
      '## Evidence',
      'What was found when somebody looked at the set lies beside it, one object a look: `evidence/0001.json`, … They are no ' +
        'part of the set. `previous` is the SHA-256 of the record before, `manifest` that of `manifest.json`: both are what ' +
        '`sha256sum` says of the objects. A record that fits neither is reported by `drydock sets`, and does not count.',
      fieldsTable(EvidenceRecord, 'output'),
    ].join('\n\n'),
  );
}

interface Procedure {
  type: string;
  schema: z.ZodType;
  example: object;
  runbook?: string;
}

const someSet = '20261121T030000Z-1a2b3c4d';

/** Every procedure that an operator or a schedule can start, with an input that is enough. */
export const procedures: readonly Procedure[] = [
  {
    type: 'provision',
    schema: ProvisionRequest,
    example: { instance: 'sap', blueprint: 'osmose@1.0.0' },
    runbook: 'provision',
  },
  { type: 'backup', schema: BackupRequest, example: { instance: 'pharma' }, runbook: 'backup' },
  { type: 'restore', schema: RestoreRequest, example: { instance: 'pharma', confirm: 'pharma' }, runbook: 'restore' },
  {
    type: 'upgrade',
    schema: UpgradeRequest,
    example: { instance: 'pharma', to: 'osmose@2.0.0' },
    runbook: 'upgrade',
  },
  {
    type: 'rollback',
    schema: RollbackRequest,
    example: { instance: 'pharma', reason: 'search answers with errors' },
    runbook: 'upgrade',
  },
  { type: 'verify', schema: VerifyRequest, example: { instance: 'pharma' }, runbook: 'verify' },
  { type: 'drill', schema: DrillRequest, example: { instance: 'pharma' }, runbook: 'drill' },
  {
    type: 'cleanup',
    schema: CleanupRequest,
    example: { instance: 'pharma', what: 'proto-kg' },
    runbook: 'cleanup',
  },
  {
    type: 'decommission',
    schema: DecommissionRequest,
    example: { instance: 'sap', confirm: 'sap' },
    runbook: 'decommission',
  },
  {
    type: 'retention',
    schema: RetentionRequest,
    example: { instance: 'pharma', dryRun: true },
    runbook: 'retention',
  },
  { type: 'readOnly', schema: ReadOnlyRequest, example: { instance: 'pharma', state: 'on' }, runbook: 'read-only' },
  {
    type: 'changeTier',
    schema: TierRequest,
    example: { instance: 'pharma', tier: 'premium' },
    runbook: 'tier',
  },
  {
    type: 'hold',
    schema: HoldRequest,
    example: { instance: 'pharma', reason: 'audit of the client', until: '2026-11-28T06:00:00.000Z' },
    runbook: 'nights',
  },
  { type: 'schedule', schema: ScheduleRequest, example: { instance: 'pharma', dryRun: true }, runbook: 'nights' },
  {
    type: 'nightJob',
    schema: NightJob,
    example: { instance: 'pharma', job: 'backup', procedure: 'backup', turn: 'host' },
    runbook: 'nights',
  },
  { type: 'adopt', schema: AdoptRequest, example: {}, runbook: 'lost-temporal' },
  { type: 'watchman', schema: WatchmanRequest, example: {}, runbook: 'nights' },
  { type: 'sets', schema: SetsRequest, example: { instance: 'pharma' } },
  { type: 'set', schema: SetRequest, example: { set: someSet } },
  { type: 'objectives', schema: ObjectivesRequest, example: { instance: 'pharma' }, runbook: 'report' },
  { type: 'report', schema: ReportRequest, example: { instance: 'pharma', month: '2026-11' }, runbook: 'report' },
  { type: 'blueprints', schema: BlueprintsRequest, example: {} },
  { type: 'blueprint', schema: BlueprintPush, example: { files: { 'blueprint.yaml': 'bmFtZTogb3Ntb3NlCg==' } } },
  {
    type: 'retireGeneration',
    schema: RetireRequest,
    example: { instance: 'pharma', generation: 1, notBefore: '2026-11-22T03:00:00.000Z' },
  },
  {
    type: 'retireRelease',
    schema: RetireReleaseRequest,
    example: { instance: 'pharma', colour: 'blue', notBefore: '2026-11-22T03:00:00.000Z' },
  },
  {
    type: 'settle',
    schema: SettleRequest,
    example: { instance: 'pharma', dead: ['upgrade-pharma-20261121T030000Z-1a2b'] },
  },
];

/** Payload of the messages `approve` and `reject`. */
const approvalExample = { plan: 'a'.repeat(64), by: 'alice@example.com', comment: 'looked at the migration' };

export function requestsPage(): string {
  return page(
    'Requests',
    'Every procedure is a Temporal workflow that takes one JSON object. In the Temporal UI: *Start Workflow*, task queue ' +
      '`drydock`, the workflow type below, a workflow id of your choice, and the input as JSON. A field that is not listed ' +
      'is refused, and so is a wrong value: the run fails at once and says everything that is wrong.',
    'Every procedure answers the query `progress`: its phase, what it waits for, and its steps. ' +
      'The workflow type `instance` is the page of one instance (workflow id `instance/pharma`); it is never started by hand.',
    ...procedures.map(procedureSection),
    messagesSection(),
  );
}

function messagesSection(): string {
  return [
    '## approve and reject',
    'An `upgrade` takes these messages while it waits for approval, and `reject` while it watches: each as an update, which ' +
      'is answered or refused, and as a signal, which is not. Both take the same object. Runbook: [upgrade](../runbooks/upgrade.md).',
    `\`\`\`json\n${JSON.stringify(approvalExample)}\n\`\`\``,
    fieldsTable(ApprovalMessage, 'input'),
  ].join('\n\n');
}

function procedureSection({ type, schema, example, runbook }: Procedure): string {
  return [
    `## ${type}`,
    [schema.description ?? '', runbook === undefined ? '' : `Runbook: [${runbook}](../runbooks/${runbook}.md).`]
      .join(' ')
      .trim(),
    `\`\`\`json\n${JSON.stringify(example)}\n\`\`\``,
    fieldsTable(schema, 'input'),
  ].join('\n\n');
}
