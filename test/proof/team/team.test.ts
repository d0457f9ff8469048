import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Connection } from '@temporalio/client';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cacheDirectory } from '../../../src/client/embedded/home.ts';
import { searchAttributes } from '../../../src/contracts/queues.ts';
import { type Begun, type Operator, operatorAt, root, teamImages } from '../../support/operator.ts';
import { freeBlock } from '../../support/ports.ts';
import { inPlace, type Runbook, readRunbook } from '../../support/runbook.ts';
import { removeEverythingNamed } from '../../support/world.ts';

/** The section of the runbook for a team, typed command for command; each test goes on where the last one ended. */
describe('docker-compose.temporal.yml, as its runbook says', () => {
  let home: string;
  let runbook: Runbook;
  let operator: Operator;
  let ports: { temporal: number; ui: number; s3: number };
  let instance: string;
  const workers: Begun[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'drydock-team-'));
    instance = `${basename(home)
      .replaceAll(/[^a-zA-Z0-9]/g, '')
      .toLowerCase()}-pharma`;
    const first = await freeBlock(3);
    ports = { temporal: first, ui: first + 1, s3: first + 2 };
    // The files it writes do not belong into the project.
    const desk = join(home, 'desk');
    await mkdir(desk);
    for (const name of await readdir(root)) await symlink(join(root, name), join(desk, name));
    runbook = await readRunbook('control-plane.md', 'Temporal for a team');
    operator = await operatorAt(home, desk, environment());
  });
  afterAll(async () => {
    for (const worker of workers) worker.stop();
    await Promise.all(workers.map(({ ended }) => ended));
    await removeEverythingNamed(instance);
    const compose = ['compose', '--project-name', basename(home).toLowerCase(), 'down', '--volumes', '--timeout', '20'];
    await execa('docker', compose, { reject: false });
    await rm(home, { recursive: true, force: true, maxRetries: 3 });
  });

  /** What this machine has taken already, and what differs on it; wins over the files of the runbook. */
  function environment(): Record<string, string> {
    return {
      COMPOSE_PROJECT_NAME: basename(home).toLowerCase(),
      TEMPORAL_PORT: String(ports.temporal),
      TEMPORAL_UI_PORT: String(ports.ui),
      S3_PORT: String(ports.s3),
      DRYDOCK_TEMPORAL_ADDRESS: `127.0.0.1:${ports.temporal}`,
      DRYDOCK_S3_ENDPOINT: `http://127.0.0.1:${ports.s3}`,
      DRYDOCK_ROOT: join(home, 'instances'),
      DRYDOCK_HOST_ENV_FILE: join(cacheDirectory(process.env), 'host.env'),
      DRYDOCK_MEMORY_RESERVE_BYTES: '0',
      ...teamImages(),
    };
  }
  async function typed(commands: string): Promise<string> {
    const { exitCode, said } = await operator.type(commands);
    expect(exitCode, said).toBe(0);
    return said;
  }
  function typeFrom(part: string): Promise<string> {
    return typed(inPlace(runbook.commandsWith(part), { pharma: instance }));
  }

  test('comes up with the namespace, the search attributes, the UI and the object store', async () => {
    await typeFrom('cat >team.env');
    const connection = await Connection.connect({ address: `127.0.0.1:${ports.temporal}` });
    const { config } = await connection.workflowService.describeNamespace({ namespace: 'drydock' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'drydock' });
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining([...searchAttributes]));
    await connection.close();
    const ui = await fetch(`http://127.0.0.1:${ports.ui}/api/v1/namespaces/drydock`);
    expect(await ui.json()).toMatchObject({ namespaceInfo: { name: 'drydock' } });
    expect((await fetch(`http://127.0.0.1:${ports.s3}/health`)).status).toBe(200);
  });

  test('an instance is provisioned, backed up and verified by workers of our own', async () => {
    await typeFrom('cat >workers.env');
    for (const line of runbook.commandsWith('src/workers/').trim().split('\n')) {
      workers.push(operator.begin(`exec ${line}`));
    }
    const said = await typeFrom('drydock provision');
    expect(said).toContain(`${instance} serves`);
    expect(said).toMatch(/set \d{8}T\d{6}Z-[0-9a-f]{8}/);
  });

  test('Temporal, its history and the sets are there again after a stop, and so are the workers', async () => {
    const said = await typeFrom('temporal.yml down');
    expect(said).toMatch(/last set\s+\d{8}T\d{6}Z/);
    await typed(`drydock decommission ${instance} --confirm ${instance} --skip-final-set "a test"`);
  });
});
