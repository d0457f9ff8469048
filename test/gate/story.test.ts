import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import {
  type Contents,
  damage,
  documentsOf,
  type InstanceClient,
  instanceClient,
  plantNotes,
} from '../support/instance-client.ts';
import { startLoad } from '../support/load.ts';
import { type Operator, operatorAt, root } from '../support/operator.ts';
import { openPlane, type Plane } from '../support/plane.ts';
import { isFree } from '../support/ports.ts';
import { inPlace, type Runbook, readRunbook } from '../support/runbook.ts';
import {
  containerIds,
  containerStates,
  containersOf,
  nothing,
  openUploads,
  remainsOf,
  servingContainers,
  setsInStore,
  stagingOf,
  volumesAmong,
  volumesOf,
} from '../support/world.ts';

/**
 * One story in several acts, typed from the runbooks: each test goes on where the one before it ended. What else the runbook
 * of restores says is typed in test/proof/runbooks.
 */
describe('two clients side by side, one of whom loses its data', () => {
  let plane: Plane;
  let instances: string;
  let home: string;
  let operator: Operator;
  let names: Record<string, string>;
  let runbooks: Record<'provision' | 'backup' | 'restore' | 'restore-as' | 'read-only' | 'decommission', Runbook>;
  let pharma: InstanceClient;
  let sap: InstanceClient;
  let before: { pharma: Contents; sap: Contents };
  let set: string;
  let capture: string;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    instances = plane.embedded.home.instances;
    home = await mkdtemp(join(tmpdir(), 'drydock-runbook-'));
    operator = await operatorAt(home, root, { DRYDOCK_HOME: inject('plane') });
    names = { pharma: plane.instance('pharma'), sap: plane.instance('sap') };
    const read = (name: string) => readRunbook(`${name}.md`);
    runbooks = {
      provision: await read('provision'),
      backup: await read('backup'),
      restore: await read('restore'),
      'restore-as': await read('restore-as'),
      'read-only': await read('read-only'),
      decommission: await read('decommission'),
    };
  });
  afterAll(async () => {
    await plane.close();
    await rm(home, { recursive: true, force: true });
  });

  const type = async (commands: string, of = names): Promise<string> => {
    const { exitCode, said } = await operator.type(inPlace(commands, of, set));
    expect(exitCode, said).toBe(0);
    return said;
  };
  const instance = (name: string) => instanceClient(instances, names[name] ?? name);
  /** What they bring themselves; everybody's own secrets are made on the host. */
  const broughtBy = (name: string) => `key that ${name} brought`;

  test('both are provisioned and serve the documents they were given', async () => {
    const [first = '', small = '', large = ''] = runbooks.provision.commands;
    expect(await type(first)).toContain('osmose@1.0.0');
    await type(small);
    sap = await instance('sap');
    const key = join(plane.embedded.home.hostSecrets, `${names['pharma']}-openai`);
    await writeFile(key, broughtBy('pharma'), { mode: 0o600 });
    // The runbook says more of sap; here of pharma, so that there are two.
    await type(large, { sap: names['pharma'] ?? '' });
    pharma = await instance('pharma');
    expect(environmentOf(pharma)).toMatchObject({ NEO4J_MEMORY: '2g', OPENAI_API_KEY: broughtBy('pharma') });
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    expect(await containerStates(sap.name)).toEqual(servingContainers);

    const [ours, theirs] = await Promise.all([
      pharma.ingest(documentsOf('pharma')),
      sap.ingest(documentsOf('sap').slice(0, 6)),
    ]);
    expect(ours.documents).toBe(11);
    expect(theirs.documents).toBe(7);
    await Promise.all([plantNotes(pharma, 'of pharma'), plantNotes(sap, 'of sap')]);
    before = { pharma: await pharma.contents(), sap: await sap.contents() };
  });

  test('what one client ingests, the other never finds', async () => {
    expect(await pharma.search('efficacy')).toContain('efficacy');
    expect(await sap.search('ledger')).toContain('ledger');
    expect(await sap.search('efficacy')).not.toContain('efficacy');
    expect(await pharma.search('ledger')).not.toContain('ledger');
    expect([before.pharma['tenants'], before.sap['tenants']]).toEqual([[pharma.name], ['default']]);
  });

  test('no container of one client is on a network of the other, and only its edge is reached from outside', async () => {
    const reached = await pharma.python(`
import socket
for host in ("${sap.name}", "drydock-${sap.name}_serving-neo4j-1", "drydock-${sap.name}_serving-app-blue-1"):
    try:
        print(socket.gethostbyname(host))
    except OSError:
        pass
`);
    expect(reached).toBe('');
  });

  const newestSet = async () => {
    const { sets } = await (await plane.operations.sets({ instance: pharma.name })).result();
    if (sets[0] === undefined) throw new Error(`${pharma.name} has no set`);
    return sets[0];
  };

  test('a backup leaves the instance serving, and a set that is read back whole', async () => {
    const ids = await containerIds(pharma.name);
    await type(runbooks.backup.commands[0] ?? '');
    set = (await newestSet()).set;
    await (await plane.operations.verify({ instance: pharma.name, set })).result();

    expect(await type(runbooks.backup.commandsWith('drydock sets'))).toMatch(new RegExp(`${set} +all stores`));
    expect(await type(runbooks.backup.commandsWith('set show'))).toContain('graph');
    expect((await newestSet()).stores).toEqual(['graph', 'vectors', 'queue', 'files']);
    expect(await containerIds(pharma.name)).toEqual(ids);
    expect(await pharma.writeStatus()).toBe(200);
    expect(await pharma.contents()).toEqual(before.pharma);
    expect(await setsInStore(plane, pharma.name)).toEqual({ sets: [set], strays: [] });
    expect(await stagingOf(instances, pharma.name)).toEqual([]);
    expect(await openUploads(plane, pharma.name)).toEqual([]);
  });

  const note = (text: string) => pharma.python(`redis.set("note:${text}", "${text}")`);

  test('the queue is captured while clients write, and nobody is told to wait', async () => {
    await note('captured');
    const load = startLoad({ address: pharma.address, connections: 4, requestsPerSecond: 20, writeEvery: 2 });
    let said: string;
    try {
      await load.reached(20);
      said = await type(runbooks.backup.commandsWith('--stores queue'));
    } finally {
      await load.stop();
    }
    const { answered, total } = load.log.counts();
    expect(answered, JSON.stringify(load.log.problems())).toBe(total);
    expect(said).toContain('writing went on');
    await note('too late');

    const found = await newestSet();
    capture = found.set;
    expect(found).toMatchObject({ stores: ['queue'], level: 'every byte' });
    const { manifest } = await (await plane.operations.set({ set: found.set })).result();
    expect(manifest).not.toHaveProperty('barrier');
  });

  test('from a capture alone nothing is restored, beside an instance or in its place', async () => {
    const [ids, { operations }] = [await containerIds(pharma.name), plane];
    const wanted = { instance: pharma.name, set: capture };
    const runs = await Promise.all([
      operations.restore({ ...wanted, confirm: pharma.name }),
      operations.restore({ ...wanted, as: `${pharma.name}-copy` }),
      operations.drill(wanted),
    ]);
    for (const run of runs) {
      await expect(run.result()).rejects.toMatchObject({
        code: 'refused',
        message: expect.stringContaining('capture'),
      });
    }
    expect(await containerIds(pharma.name)).toEqual(ids);
    expect(await remainsOf(`${pharma.name}-copy`)).toEqual(nothing);
  });

  test('a restore brings back everything that was deleted, and the queue from its capture when told so', async () => {
    const others = await containerIds(sap.name);
    await type(runbooks['read-only'].commandsWith(' on '));
    expect(await pharma.writeStatus()).toBe(503);
    await damage(pharma);
    expect((await pharma.stats()).vectors).toBe(0);
    await type(runbooks['read-only'].commandsWith(' off'));

    await type(runbooks.restore.commandsWith('drydock sets'));
    const said = await type(runbooks.restore.commandsWith('--newest queue'));
    expect(said).toMatch(new RegExp(`queue: equal to set ${capture}, which was made .* after the set of`));
    const { jobs: _, notes, ...rest } = await pharma.contents();
    expect(before.pharma).toMatchObject(rest);
    expect(notes).not.toEqual(before.pharma['notes']);
    expect(await pharma.python('print(redis.exists("note:captured"), redis.exists("note:too late"))')).toBe('1 0');
    expect(await containerIds(sap.name)).toEqual(others);
    expect(await sap.contents()).toEqual(before.sap);
    await type(runbooks.restore.commandsWith('drydock verify'));
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    // Jobs of the capture whose documents are gone are tried again, and fail.
    await pharma.idle();
    before.pharma = await pharma.contents();
    // The newest set is the safety set of the damage otherwise.
    await type(runbooks.backup.commands[0] ?? '');
  });

  test('an operator without Drydock works in the instance directory, and `up -d` makes nothing anew', async () => {
    const ids = await containerIds(pharma.name);
    const listed = await pharma.compose('ps', '--format', '{{.Service}}');
    expect(listed.split('\n').sort()).toEqual(Object.keys(servingContainers).map((name) => name.replace(/-1$/, '')));
    await pharma.compose('restart', 'app-blue');
    await pharma.compose('up', '--detach', '--wait');
    expect(await containerIds(pharma.name)).toEqual(ids);
    expect(await pharma.contents()).toEqual(before.pharma);
  });

  test('a set becomes a third instance with the same contents and other secrets, and the original is untouched', async () => {
    const [ids, volumes] = [await containerIds(pharma.name), await volumesOf(pharma.name)];
    const said = await type(runbooks['restore-as'].commandsWith('--as pharma-copy'));
    const copy = `${pharma.name}-copy`;
    const third = await instance(copy);

    for (const store of ['graph', 'vectors', 'queue', 'files']) expect(said).toContain(`${store}: equal to the set`);
    expect(await third.contents()).toEqual(before.pharma);
    expect(await third.writeStatus()).toBe(200);
    expect(await containerStates(copy)).toEqual(servingContainers);
    expect(await containerIds(pharma.name)).toEqual(ids);
    expect(await volumesOf(pharma.name)).toEqual(volumes);
    const [original, cloned] = [environmentOf(pharma), environmentOf(third)];
    for (const name of ['NEO4J_PASSWORD', 'REDIS_PASSWORD', 'QDRANT_API_KEY', 'JWT_SECRET_KEY', 'APP_PORT']) {
      expect(cloned[name], name).not.toBe(original[name]);
    }
    expect(cloned['OPENAI_API_KEY']).toBe(broughtBy('pharma'));
    await type(runbooks['restore-as'].commandsWith('drydock verify'));
  });

  test('a client that left comes back from its last set', async () => {
    const { decommission } = runbooks;
    await type(decommission.commandsWith('drydock status'));
    expect(await type(decommission.commandsWith('--keep-sets'))).toContain('last set');
    expect(await remainsOf(sap.name)).toEqual(nothing);
    await type(decommission.commandsWith('--as sap'));
    sap = await instance('sap');
    expect(await sap.contents()).toEqual(before.sap);
    await type(decommission.commandsWith('retention'));
  });

  test('decommissioning leaves nothing but the sets', async () => {
    const ports = Object.entries(environmentOf(pharma)).filter(([name]) => name.endsWith('_PORT'));
    const { sets } = await setsInStore(plane, pharma.name);
    const gone = [pharma.name, `${pharma.name}-copy`, sap.name];
    const volumes = (await Promise.all(gone.map(containersOf))).flatMap((found) => found.flatMap((one) => one.volumes));
    expect(volumes.some((name) => /^[0-9a-f]{64}$/.test(name))).toBe(true);
    const forGood = runbooks.decommission.commandsWith('--skip-final-set');
    await Promise.all([
      type(forGood, { sap: pharma.name }),
      type(runbooks['restore-as'].commandsWith('--keep-sets 0d')),
      type(forGood),
    ]);

    for (const name of gone) {
      expect(await remainsOf(name), name).toEqual(nothing);
      expect(existsSync(join(instances, name)), name).toBe(false);
    }
    expect(await volumesAmong(volumes)).toEqual([]);
    for (const [name, port] of ports) expect(await isFree(Number(port)), `${name} ${port}`).toBe(true);
    expect((await setsInStore(plane, pharma.name)).sets).toEqual(sets);
    const { sets: listed } = await (await plane.operations.sets({ instance: pharma.name as never })).result();
    expect(listed.map((entry) => entry.set).sort()).toEqual(sets.sort());
    await (await plane.operations.verify({ set: set as never })).result();
  });
});

function environmentOf({ directory }: InstanceClient): Record<string, string> {
  return parseEnv(readFileSync(join(directory, '.env'), 'utf8'));
}
