import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { RollbackReport, UpgradeReport } from '../../../src/contracts/upgrade.ts';
import { documentsOf, type InstanceClient } from '../../support/instance-client.ts';
import { type Begun, type Ended, type Operator, operatorAt, root } from '../../support/operator.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { decommissioned, provisioned } from '../../support/plane-runs.ts';
import { type Runbook, readRunbook } from '../../support/runbook.ts';

/** What an upgrade that waits has said so far. */
interface Waiting {
  readonly upgrade: Begun;
  readonly hash: string;
}

/**
 * Every command and request of the runbook, in the order of a day with one instance. Only three things are put in their
 * place: its name, the hash that was shown, and options by which nobody waits for Sunday.
 */
describe('docs/runbooks/upgrade.md', () => {
  let plane: Plane;
  let home: string;
  let operator: Operator;
  let runbook: Runbook;
  let pharma: InstanceClient;
  const typedBlocks = new Set<string>();

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    runbook = await readRunbook('upgrade.md');
    home = await mkdtemp(join(tmpdir(), 'drydock-runbook-'));
    const { address } = plane.embedded;
    operator = await operatorAt(home, root, { DRYDOCK_TEMPORAL_ADDRESS: address, TEMPORAL_ADDRESS: address });
    pharma = await provisioned(plane, 'runbook');
    await pharma.ingest(documentsOf('pharma').slice(0, 2));
    await (await plane.operations.backup({ instance: pharma.name })).result();
  });
  afterAll(async () => {
    await decommissioned(plane, pharma);
    await rm(home, { recursive: true, force: true });
    await plane.close();
  });

  /** The block with this part, as this operator types it. */
  function block(part: string, hash = ''): string {
    const commands = runbook.commandsWith(part);
    typedBlocks.add(commands);
    return commands
      .replaceAll('--to osmose@2.0.0', '--to osmose@2.0.0 --soak 0.2')
      .replaceAll('pharma', pharma.name)
      .replaceAll(/\b[0-9a-f]{64}\b/g, hash);
  }
  async function done(ended: Promise<Ended>): Promise<string> {
    const { exitCode, said } = await ended;
    expect(exitCode, said).toBe(0);
    return said;
  }
  /** Starts the upgrade as “Command” says, and returns once it waits for approval. */
  async function waiting(): Promise<Waiting> {
    const command = block('upgrade pharma --to osmose@2.0.0\n').replace('--soak', '--window now --soak');
    const upgrade = operator.begin(command);
    const yes = new RegExp(`yes: drydock approve ${pharma.name} --plan ([0-9a-f]{64})`);
    await expect.poll(() => upgrade.said(), { timeout: 180_000 }).toMatch(yes);
    return { upgrade, hash: yes.exec(upgrade.said())?.[1] ?? '' };
  }
  async function startedByHand<Report>(type: string, more: object = {}): Promise<Report> {
    const request = { ...runbook.request(type), instance: pharma.name, ...more };
    return plane.temporal.workflow.execute(type, {
      taskQueue: 'drydock',
      workflowId: `${type} of ${pharma.name} by hand`,
      args: [request],
    }) as Promise<Report>;
  }
  const status = () => done(operator.type(`drydock status ${pharma.name}`));

  test('the plan is shown, and nothing is touched', async () => {
    const said = await done(operator.type(block('blueprint push')));
    expect(said).toMatch(/^way +beside: green comes up/m);
    expect(said).toMatch(/^plan [0-9a-f]{64}$/m);
    expect(await status()).toContain('osmose@1.0.0, release blue');
  });

  test('a plan that is rejected ends with code 9, and nothing has changed', async () => {
    const { upgrade, hash } = await waiting();
    expect(await status()).toContain(`no: drydock reject ${pharma.name} --plan ${hash}`);
    await done(operator.type(block('drydock reject', hash)));
    const { exitCode, said } = await upgrade.ended;
    expect(exitCode, said).toBe(9);
    expect(said).toContain('not in the week of the audit');
    expect(await status()).toContain('osmose@1.0.0, release blue');
  });

  test('a plan that is approved by its hash is carried out', async () => {
    const { upgrade, hash } = await waiting();
    const answer = await done(operator.type(block('drydock approve', hash)));
    expect(answer).toContain(`the upgrade of ${pharma.name} is approved by `);
    const said = await done(upgrade.ended);
    expect(said).toContain(`${pharma.name} serves osmose@2.0.0 (green`);
    expect(said).toContain('CHG-1042');
    expect(await status()).toContain('osmose@2.0.0, release green');
  });

  test('it goes back, with the reason', async () => {
    expect(await done(operator.type(block('--back --reason')))).toContain(`${pharma.name} serves osmose@1.0.0 again`);
    expect(await status()).toContain('osmose@1.0.0, release blue');
  });

  test('at once: the plan, and then the line that it ends with', async () => {
    const [look = '', start = ''] = block('--window now --plan-only').split(/(?<=--plan-only)\n/);
    const shown = await done(operator.type(look));
    const [line = '', hash = ''] =
      /start and approve it: (drydock .* --plan ([0-9a-f]{64}).*)$/m.exec(shown)?.slice(1) ?? [];
    const typed = start.replace(/--plan\s*$/, `--plan ${hash}`);
    expect(new Set(line.split(/\s+/))).toEqual(new Set(typed.split(/[\s\\]+/).filter(Boolean)));
    expect(await done(operator.type(line))).toContain('approved in advance');
    expect(await status()).toContain('osmose@2.0.0, release green');
  });

  test('the Temporal UI goes back with one object', async () => {
    const report = await startedByHand<RollbackReport>('rollback');
    expect(report).toMatchObject({ procedure: 'rollback', blueprint: 'osmose@1.0.0' });
  });

  test('the Temporal UI starts it, another service finds it, and the plain program approves it', async () => {
    const running = startedByHand<UpgradeReport>('upgrade', { soakMinutes: 0.2 });
    const query = /`(WorkflowType='upgrade' AND .*?)`/.exec(runbook.text)?.[1]?.replace('pharma', pharma.name) ?? '';
    const found: { workflowId?: string; plan?: string | undefined } = {};
    const look = async (): Promise<string | undefined> => {
      for await (const { workflowId } of plane.temporal.workflow.list({ query })) {
        const handle = plane.temporal.workflow.getHandle(workflowId);
        const { waitingFor, plan } = await handle.query<{ waitingFor?: string; plan?: string }>('progress');
        if (waitingFor !== undefined) Object.assign(found, { workflowId, plan });
      }
      return found.plan;
    };
    await expect.poll(look, { timeout: 180_000 }).toMatch(/^[0-9a-f]{64}$/);
    const id = /upgrade-\S+-\d{8}T\d{6}Z-[0-9a-f]{4}/g;
    const commands = block('temporal workflow update', found.plan).replaceAll(id, `'${found.workflowId}'`);
    const said = await done(operator.type(commands));
    // Some versions of the program print the answer as JSON, others as Go does.
    expect(said).toMatch(/\bapprovals"?:\s*1\b/);
    const { outcome, decisions } = await running;
    expect(outcome).toBe('upgraded');
    expect(decisions).toMatchObject([{ decision: 'approved', by: 'alice', through: 'update' }]);
  });

  test('going back with the name typed again, which only a copy needs', async () => {
    expect(await done(operator.type(block('--back --confirm')))).toContain('serves osmose@1.0.0 again');
  });

  test('afterwards', async () => {
    expect(await done(operator.type(block('drydock verify pharma')))).toMatch(/set \d{8}T\d{6}Z-[0-9a-f]{8}/);
  });

  test('nothing of the runbook was left out', () => {
    expect(runbook.commands.filter((commands) => !typedBlocks.has(commands))).toEqual([]);
  });
});
