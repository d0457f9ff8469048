import { ApprovalMessage } from '../../src/contracts/approval.ts';
import { Blueprint } from '../../src/contracts/blueprint.ts';
import { EvidenceRecord } from '../../src/contracts/evidence.ts';
import { Manifest } from '../../src/contracts/manifest.ts';
import type { ProcedureContract } from '../../src/contracts/procedure.ts';
import { procedures } from '../../src/contracts/procedures.ts';
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
      '`instances/<instance>.<id>/sets/<set>/manifest.json` below the prefix of the bucket. `drydock set show` prints it.',
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

function procedureSection({ type, request, example, runbook }: ProcedureContract): string {
  return [
    `## ${type}`,
    `${request.description ?? ''} Runbook: [${runbook}](../runbooks/${runbook}.md).`.trim(),
    `\`\`\`json\n${JSON.stringify(example)}\n\`\`\``,
    fieldsTable(request, 'input'),
  ].join('\n\n');
}
