import { createServer } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { VerifyReport } from '../../src/contracts/verify.ts';
import { evidenceKey } from '../../src/model/instance/names.ts';
import { anIdentity } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { edgeAt } from '../support/world-in-memory.ts';
import { endOf, identityIn, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal);
const { serving } = worlds;

describe('a live instance', () => {
  procedureChecks({ temporal, workflow: 'verify', input: { instance: 'pharma' }, world: serving });

  test('is asked everything, and nothing of it changes', async () => {
    const world = serving();
    const before = world.snapshot();
    const report = await resultOf<VerifyReport>(temporal, world, 'verify', { instance: 'pharma' });
    expect(report.checks.map(({ what, ok }) => [what, ok])).toEqual([
      ['edge is not in maintenance', true],
      ['GET /ready of app through the edge', true],
      ['GET /health of app', true],
      ['RETURN 1', true],
    ]);
    expect(report.stores.map(({ store }) => store).sort()).toEqual(['files', 'graph']);
    expect(world.snapshot()).toEqual(before);
  });

  test('that is not well is told with every check that failed', async () => {
    const world = serving();
    await world.containers.stop('drydock-pharma_serving-app-blue-1', 1);
    await world.edge.setMode(edgeAt(world), 'maintenance');
    const { failure } = await endOf(temporal, world, 'verify', { instance: 'pharma' });
    expect(failure).toMatchObject({ type: 'unhealthy' });
    for (const problem of ['edge is not in maintenance: maintenance', 'through the edge: status 503', 'GET /health']) {
      expect(failure?.message).toContain(problem);
    }
  });

  test('whose edge has just died is asked again once it listens', async () => {
    const world = serving();
    const { directories } = world.drivers;
    const listening = createServer((_, response) => response.end());
    const port = 30_000 + (worlds.port % 1000);
    const env = ((await directories.read('pharma', '.env')) ?? '').replaceAll(String(worlds.port), String(port));
    await directories.write('pharma', '.env', env, 0o600);
    const late = pause(1_500).then(() => listening.listen(port, '127.0.0.1'));
    const { checks } = await resultOf<VerifyReport>(temporal, world, 'verify', { instance: 'pharma' });
    expect(checks.find(({ what }) => what.endsWith('through the edge'))).toMatchObject({ ok: true });
    (await late).close();
  });
});

describe('a set', () => {
  procedureChecks({
    temporal,
    workflow: 'verify',
    input: { instance: 'pharma', set: 'latest' },
    world: serving,
    pointOfNoReturn: 'verifySet',
  });

  test('by its id alone is read again, byte for byte, and noted as verified', async () => {
    const world = serving();
    const report = await resultOf<VerifyReport>(temporal, world, 'verify', { set: worlds.seeds.set });
    expect(report).toMatchObject({ instance: 'pharma', set: worlds.seeds.set });
    expect(report.checks).toHaveLength(4);
    expect(report.evidence?.key).toBe(evidenceKey(anIdentity(), worlds.seeds.set, 1));
    expect((await world.catalogue.listSets({ of: await identityIn(world) }))[0]).toMatchObject({
      level: 'every byte',
      verifiedAt: expect.any(String),
      evidenceProblems: [],
    });
  });

  test('of which bytes changed or are gone is damaged, and every artifact is named', async () => {
    const world = serving();
    const keys = [...world.bucket.objects.keys()].filter((key) => /\/sets\/.*\/(graph|files)\//.test(key));
    const [changed = '', gone = ''] = keys;
    const body = Buffer.from(world.bucket.objects.get(changed)?.body ?? '');
    world.bucket.objects.set(changed, { body: body.fill(0, 0, 1), modifiedAt: new Date() });
    world.bucket.objects.delete(gone);
    const { failure } = await endOf(temporal, world, 'verify', { set: worlds.seeds.set });
    expect(failure).toMatchObject({ type: 'damaged' });
    expect(failure?.message).toContain(`${changed}: SHA-256`);
    expect(failure?.message).toContain(`${gone}: is missing`);
    const [listed] = await world.catalogue.listSets({ of: await identityIn(world) });
    expect(listed).toMatchObject({ level: 'bad', set: worlds.seeds.set });
    expect(listed?.verifiedAt).toBeUndefined();
  });

  test('that nobody has read for longest is chosen in turn', async () => {
    const world = serving();
    const { set: newer } = await resultOf<{ set: string }>(temporal, world, 'backup', { instance: 'pharma' });
    const rolling = { instance: 'pharma', set: 'least-recently-verified' };
    const chosen: (string | undefined)[] = [];
    for (const _ of [1, 2, 3]) chosen.push((await resultOf<VerifyReport>(temporal, world, 'verify', rolling)).set);
    expect(chosen).toEqual([worlds.seeds.set, newer, worlds.seeds.set]);
  });
});

test.each([
  ['nothing to look at', {}, 'invalid-input', 'name an instance, or a set by its id'],
  ['the latest set of nobody', { set: 'latest' }, 'invalid-input', 'name an instance, or a set by its id'],
  ['a set of no instance', { set: '20200101T000000Z-00000000' }, 'not-found', 'no instance has this set'],
])('is refused for %s', async (_, request, code, problem) => {
  const { failure } = await endOf(temporal, serving(), 'verify', request);
  expect(failure).toMatchObject({ type: code, message: expect.stringContaining(problem) });
});
