import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cacheDirectory } from '../../src/client/embedded/home.ts';
import { embeddedState, killProcess, restartProcesses, startEmbedded } from '../../src/client/embedded/plane.ts';
import { optionalProgram } from '../../src/client/embedded/programs.ts';
import { purgeHome } from '../../src/client/embedded/purge.ts';
import { searchAttributes } from '../../src/contracts/queues.ts';

const programs = ['temporal-server', 'temporal-ui', 'versitygw'].map((name) =>
  join(cacheDirectory(process.env), 'bin', name),
);
const prometheus = optionalProgram(cacheDirectory(process.env), 'prometheus');
const directory = mkdtempSync(join(tmpdir(), 'drydock-plane-'));
// A block of its own for each test process, below the range that the kernel gives to outgoing connections.
const first = 20_000 + (process.pid % 500) * 20;
const ports = { temporal: first, ui: first + 10, objectStore: first + 11, metrics: first + 13 };

interface RulesAnswer {
  data: { groups: { rules: { name: string }[] }[] };
}

const start = () => startEmbedded({ home: directory, ports, workers: 'none' });
const pids = () => embeddedState(directory).map(({ process }) => process?.pid);

describe.skipIf(!programs.every((path) => existsSync(path)))('the embedded control plane', () => {
  beforeAll(async () => {
    await start();
  });

  afterAll(async () => {
    await purgeHome(directory, { confirmed: true, report: () => {} });
    rmSync(directory, { recursive: true, force: true });
  });

  it('leaves alone what runs', async () => {
    const before = pids();
    await start();
    expect(pids()).toEqual(before);
    expect(before.filter((pid) => pid !== undefined)).toHaveLength(3);
  });

  it('comes back with its history after Temporal was killed', async () => {
    await killProcess(directory, 'temporal');
    await expect(connect()).rejects.toThrow();
    await restartProcesses(directory, { workers: 'none' });
    const connection = await connect();
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'drydock' });
    expect(Object.keys(customAttributes)).toEqual(expect.arrayContaining([...searchAttributes]));
    await connection.close();
  });

  it.skipIf(prometheus === undefined)('runs Prometheus with the rules that ship, and stops it', async () => {
    const { prometheusUrl } = await startEmbedded({
      ...{ home: directory, ports, workers: 'none', prometheus: 'where-installed' },
    });
    const { data } = (await (await fetch(`${prometheusUrl}/api/v1/rules`)).json()) as RulesAnswer;
    const names = data.groups.flatMap(({ rules }) => rules.map(({ name }) => name));
    expect(names).toEqual(expect.arrayContaining(['DrydockNoControlWorker', 'DrydockRecoveryPointOld', 'ServiceDown']));
    await killProcess(directory, 'prometheus');
    await expect(fetch(`${prometheusUrl}/-/ready`)).rejects.toThrow();
    await startEmbedded({ home: directory, workers: 'none', prometheus: 'none' });
    expect(embeddedState(directory).find(({ name }) => name === 'prometheus')?.process).toBeUndefined();
  });

  it('keeps its keys to its owner', () => {
    for (const name of ['age-identity.txt', 'object-store.json']) {
      expect(statSync(join(directory, 'secrets', name)).mode & 0o077).toBe(0);
    }
  });

  it('leaves nothing of a home whose start was refused, so that the home cannot act on the plane that has its ports', async () => {
    const mine = join(directory, 'mine');
    const [temporal, ui, objectStore] = [ports.temporal, ports.ui, ports.objectStore];
    const refused = startEmbedded({ home: mine, ports: { temporal, ui, objectStore }, workers: 'none' });
    await expect(refused).rejects.toMatchObject({
      code: 'refused',
      problems: expect.arrayContaining(
        [objectStore, temporal, ui].map((port) => expect.stringContaining(`127.0.0.1:${port} is held by`)),
      ),
    });
    expect(existsSync(mine)).toBe(false);
  });

  it('refuses other ports while it runs', async () => {
    const moved = startEmbedded({ home: directory, ports: { ui: first + 12 }, workers: 'none' });
    await expect(moved).rejects.toMatchObject({ code: 'refused' });
  });
});

function connect(): Promise<Connection> {
  return Connection.connect({ address: `127.0.0.1:${ports.temporal}`, connectTimeout: '2 seconds' });
}
