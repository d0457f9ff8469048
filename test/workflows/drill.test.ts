import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { DrillReport } from '../../src/contracts/drill.ts';
import { parseEnv } from '../../src/model/instance/env-file.ts';
import { instanceLabels } from '../../src/model/instance/labels.ts';
import { anIdentity } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { seededWorlds } from '../support/seeded-worlds.ts';
import { dropEnvironment, records, withoutEvidence } from '../support/world-evidence.ts';
import { around, identityIn, publish, resultOf, servedBy } from '../support/world-runs.ts';

const temporal = inProcess();
const worlds = seededWorlds(temporal, { recipients: ['age1test'] });
const { serving } = worlds;
const input = { instance: 'pharma' };

procedureChecks({ temporal, workflow: 'drill', input, world: () => withoutEvidence(serving()) });

describe('a drill', () => {
  test('brings the set up, notes it, and leaves nothing but the note', async () => {
    const world = serving();
    const before = withoutEvidence(world).snapshot();
    const report = await resultOf<DrillReport>(temporal, world, 'drill', input);
    expect(report).toMatchObject({ set: worlds.seeds.set, host: 'h1' });
    expect(report.comparisons.map(({ store, equal }) => [store, equal])).toEqual([
      ['graph', true],
      ['files', true],
    ]);
    expect(report.checks.map(({ what, ok }) => [what, ok])).toEqual([
      ['GET /ready of app', true],
      ['GET /health of app', true],
      ['RETURN 1', true],
    ]);
    expect(report.removed).toContain('containers, volumes and networks of project drydock-pharma_g2');
    expect(withoutEvidence(world).snapshot()).toEqual(before);
    expect(await servedBy(world)).toEqual(['new', 'new page']);
    const [listed] = await world.catalogue.listSets({ of: await identityIn(world) });
    expect(listed).toMatchObject({ level: 'drilled', lastDrill: { recoveryMs: report.recoveryMs } });
    expect(records(world)).toMatchObject([{ kind: 'drilled', number: 1, finding: { outcome: 'passed' }, host: 'h1' }]);
    expect(records(world)[0]).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ name: 'load store graph' })]),
    });
  });

  test('runs the whole release on the set, apart from everything, within limits, with the values of the set', async () => {
    const world = serving();
    await world.drivers.directories.write('pharma', '.env', 'TENANT_ID=changed-since\n', 0o600);
    const seen: Record<string, unknown> = {};
    around(world, async (_, step) => {
      if (step !== 'verifyDrill') return;
      const at = '.drydock/generations/g2';
      seen['compose'] = parse((await world.drivers.directories.read('pharma', `${at}/docker-compose.yml`)) ?? '');
      seen['env'] = await world.drivers.directories.read('pharma', `${at}/.env`);
      const views = await world.containers.containers({ 'com.docker.compose.project': 'drydock-pharma_g2' });
      seen['running'] = views.map(({ name }) => name).sort();
    });
    // The instance's .env differs from the set, so the drill must take its values from the set.
    await resultOf(temporal, world, 'drill', input);
    expect(seen['running']).toEqual(
      ['app-blue-1', 'neo4j-1', 'worker-blue-1'].map((name) => `drydock-pharma_g2-${name}`),
    );
    expect(seen['env']).toContain('TENANT_ID=default');
    const { services, networks } = seen['compose'] as { services: Record<string, object>; networks: object };
    expect(networks).toMatchObject({ build: { internal: true } });
    for (const service of Object.values(services)) {
      expect(service).not.toHaveProperty('ports');
      expect(service).toMatchObject({
        cpu_shares: 64,
        restart: 'no',
        networks: { build: expect.anything() },
        deploy: { resources: { limits: { cpus: expect.any(String), memory: expect.any(String) } } },
        labels: { 'drydock.generation': '2' },
      });
    }
  });

  test('of a set that was made with another version of the blueprint uses that version', async () => {
    const world = serving();
    await publish(world, { port: worlds.port, stores: ['graph', 'files'], version: '2.0.0', note: 'later' });
    const { directories } = world.drivers;
    const record = await directories.record('pharma');
    const later = JSON.parse(world.bucket.objects.get('blueprints/stack/2.0.0.json')?.body.toString() ?? '{}');
    await directories.writeRecord({ ...record, blueprint: { ref: 'stack@2.0.0', digest: later.digest } as never });
    const images: string[] = [];
    around(world, async (_, step) => {
      if (step !== 'verifyDrill') return;
      images.push((await world.containers.container('drydock-pharma_g2-app-blue-1'))?.image ?? '');
    });
    await resultOf(temporal, world, 'drill', input);
    expect(images).toEqual(['stack-app:1.0.0']);
  });

  test('of a set that holds no .env takes the values of the serving release, but never its images for another version', async () => {
    const world = serving();
    dropEnvironment(world);
    const { directories } = world.drivers;
    const served = (await directories.read('pharma', '.env')) ?? '';
    const seen: string[] = [];
    around(world, async (_, step) => {
      if (step !== 'verifyDrill') return;
      seen.push((await directories.read('pharma', '.drydock/generations/g2/.env')) ?? '');
    });
    await resultOf(temporal, world, 'drill', input);
    const record = await directories.record('pharma');
    await directories.writeRecord({ ...record, blueprint: { ...record.blueprint, digest: 'ef'.repeat(32) } as never });
    await directories.write('pharma', '.env', served.replace('stack-app:1.0.0', 'stack-app:2.0.0'), 0o600);
    await resultOf(temporal, world, 'drill', input);
    expect(parseEnv(seen[0] ?? '')).toEqual(parseEnv(served));
    expect(parseEnv(seen[1] ?? '')).toEqual(parseEnv(served));
  });

  test('removes the images that were pulled for it, and no other', async () => {
    const world = serving();
    await world.containers.ensureImage('neo4j:5');
    await resultOf(temporal, world, 'drill', input);
    expect(await world.containers.image('neo4j:5')).toBeDefined();
    const pulled: string[] = [];
    const gone = serving();
    // Nothing that serves uses the image of the set any more.
    for (const view of await gone.containers.containers({})) Object.assign(view, { image: 'other', imageId: 'other' });
    around(gone, async (_, step) => {
      if (step === 'verifyDrill') pulled.push((await gone.containers.image('stack-app:1.0.0'))?.id ?? 'none');
    });
    const report = await resultOf<DrillReport>(temporal, gone, 'drill', input);
    expect(pulled).toEqual(['sha256:stack-app:1.0.0']);
    expect(report.removed).toContain('image stack-app:1.0.0, pulled for the drill');
    expect(await gone.containers.image('stack-app:1.0.0')).toBeUndefined();
  });

  test('takes the latest set, a random verified one, or the one that is named', async () => {
    const world = serving();
    const { set: newer } = await resultOf<{ set: string }>(temporal, world, 'backup', input);
    const drilled = async (request: object) =>
      (await resultOf<DrillReport>(temporal, world, 'drill', { ...input, ...request })).set;
    expect(await drilled({})).toBe(newer);
    await resultOf(temporal, world, 'verify', { set: worlds.seeds.set });
    expect(await drilled({ set: worlds.seeds.set })).toBe(worlds.seeds.set);
    expect([newer, worlds.seeds.set]).toContain(await drilled({ set: 'random' }));
  });

  test('removes first what an earlier one has left that was terminated', async () => {
    const world = serving();
    const { directories } = world.drivers;
    await world.containers.createVolume('drydock-pharma.neo4j_data.g7', {
      ...instanceLabels(anIdentity()),
      'drydock.generation': '7',
    });
    await directories.write('pharma', '.drydock/generations/g7/release/.env', 'SECRET=1\n');
    const note = { by: 'drill-that-died', set: worlds.seeds.set, generation: 7, staging: 'drill-old', images: [] };
    await directories.write('pharma', '.drydock/drill.json', JSON.stringify(note));
    await resultOf(temporal, world, 'drill', input);
    expect(await world.containers.volume('drydock-pharma.neo4j_data.g7')).toBeUndefined();
    expect(await directories.read('pharma', '.drydock/generations/g7/release/.env')).toBeUndefined();
    expect(await directories.read('pharma', '.drydock/drill.json')).toBeUndefined();
  });
});
