import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { execa } from 'execa';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { DrydockError, RunHandle } from '../../../src/client/index.ts';
import type { DrillReport } from '../../../src/contracts/drill.ts';
import type { Identity } from '../../../src/contracts/ids.ts';
import type { Manifest, SetSummary } from '../../../src/contracts/manifest.ts';
import { manifestKey } from '../../../src/model/instance/names.ts';
import { type Contents, documentsOf, type InstanceClient } from '../../support/instance-client.ts';
import { startLoad } from '../../support/load.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { decommissioned, failureOf, provisioned } from '../../support/plane-runs.ts';
import {
  containerIds,
  containerStates,
  openUploads,
  type Remains,
  remainsOf,
  servingContainers,
  stagingOf,
} from '../../support/world.ts';

const shipped = 'drydock/osmose-app:1.0.0';
/** Has no application in it: its container ends as soon as it is started. */
const withoutApplication = 'drydock/base:12';

/** One instance with two sets of different days, which every drill leaves exactly as it was. */
describe('a drill beside an instance that serves', () => {
  let plane: Plane;
  let root: string;
  let pharma: InstanceClient;
  /** A name for the application's image that is this test's own, so that it can come to mean something else. */
  let image: string;
  let sets: { first: string; second: string };
  let before: { ids: Record<string, string>; contents: Contents; remains: Remains; images: string[] };

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    root = plane.embedded.home.instances;
    const instance = plane.instance('drilled');
    image = `drydock-test/${instance}:1`;
    await execa('docker', ['tag', shipped, image]);
    pharma = await provisioned(plane, 'drilled', { variables: { APP_IMAGE: image } });
    const backup = async () => (await (await plane.operations.backup({ instance })).result()).set;
    await pharma.ingest(documentsOf('pharma').slice(0, 4));
    const first = await backup();
    await pharma.ingest(documentsOf('pharma'));
    sets = { first, second: await backup() };
    before = await look();
  });
  afterEach(async () => {
    expect(await look()).toEqual(before);
    expect(await containerStates(pharma.name)).toEqual(servingContainers);
    expect(await pharma.writeStatus()).toBe(200);
    expect(await stagingOf(root, pharma.name)).toEqual([]);
    expect(await readdir(join(pharma.directory, '.drydock', 'generations')).catch(() => [])).toEqual([]);
    expect(existsSync(join(pharma.directory, '.drydock', 'drill.json'))).toBe(false);
    expect(await openUploads(plane, pharma.name)).toEqual([]);
  });
  afterAll(async () => {
    await decommissioned(plane, pharma);
    await execa('docker', ['rmi', image], { reject: false });
    await plane.close();
  });

  const look = async () => ({
    ids: await containerIds(pharma.name),
    contents: await pharma.contents(),
    remains: await remainsOf(pharma.name),
    images: (await execa('docker', ['images', '--format', '{{.Repository}}:{{.Tag}}'])).stdout
      .split('\n')
      .filter((name) => name === image || name.startsWith('drydock/'))
      .sort(),
  });
  const drill = (set: string = sets.second): Promise<RunHandle<DrillReport>> =>
    plane.operations.drill({ instance: pharma.name, set });
  const summaryOf = async (set: string): Promise<SetSummary | undefined> => {
    const report = await (await plane.operations.sets({ instance: pharma.name })).result();
    return report.sets.find((listed) => listed.set === set);
  };

  test('brings the latest set up with its release, and its clients hardly feel it', async () => {
    const load = startLoad({ address: pharma.address, connections: 10, requestsPerSecond: 50, writeEvery: 0 });
    let report: DrillReport;
    let began: number;
    let ended: number;
    try {
      await load.reached(1000);
      began = Date.now();
      report = await (await plane.operations.drill({ instance: pharma.name })).result();
      ended = Date.now();
    } finally {
      await load.stop();
    }
    const [quiet, drilling] = [{ to: began }, { from: began, to: ended }];
    const p99 = [load.log.percentile(0.99, quiet), load.log.percentile(0.99, drilling)];
    const p50 = [load.log.percentile(0.5, quiet), load.log.percentile(0.5, drilling)];
    process.stdout.write(
      `drill: ${ended - began} ms, recovery ${report.recoveryMs} ms; ` +
        `p50 ${p50.map(Math.round).join(' → ')} ms, p99 ${p99.map(Math.round).join(' → ')} ms, ` +
        `${load.log.counts(quiet).total} → ${load.log.counts(drilling).total} requests\n` +
        report.steps.map((step) => `  ${step.name}: ${took(step)} ms\n`).join(''),
    );
    expect(load.log.problems()).toEqual([]);
    expect(p99[1]).toBeLessThan(1000);

    expect(report.set).toBe(sets.second);
    expect(report.comparisons.map(({ store, equal }) => [store, equal])).toEqual([
      ['graph', true],
      ['vectors', true],
      ['queue', true],
      ['files', true],
    ]);
    expect(report.checks.map(({ what, ok }) => [what, ok])).toEqual([
      ['GET /ready of app', true],
      ['GET / of frontend', true],
      ['GET /health of app', true],
      ['MATCH (c:CanonicalConcept) RETURN count(c)', true],
    ]);
    expect(await summaryOf(sets.second)).toMatchObject({
      level: 'drilled',
      evidenceProblems: [],
      lastDrill: { finding: { outcome: 'passed' }, recoveryMs: report.recoveryMs },
    });
  });

  describe('fails, says why, notes it beside the set and leaves nothing', () => {
    const failure = async (set?: string): Promise<DrydockError> => failureOf(await drill(set));

    test('when the graph of a set is that of another day, and every checksum is right', async () => {
      const mend = await exchangeGraph(plane, pharma.identity, sets);
      const error = await failure();
      expect(error).toMatchObject({ code: 'mismatch', message: expect.stringContaining('compare store graph') });
      expect(error.problems).toContainEqual(expect.stringMatching(/^nodes: \d+ expected, \d+ found$/));
      expect(await summaryOf(sets.second)).toMatchObject({ level: 'bad' });
      await mend();
    });

    test('when the application of the set does not start', async () => {
      await execa('docker', ['tag', withoutApplication, image]);
      const error = await failure(sets.first).finally(() => execa('docker', ['tag', shipped, image]));
      expect(error).toMatchObject({ code: 'unhealthy', message: expect.stringContaining('bring up') });
      expect(await summaryOf(sets.first)).toMatchObject({
        level: 'captured',
        lastDrill: { finding: { outcome: 'failed', code: 'unhealthy' } },
      });
    });

    test('when the disk is full in the middle', async () => {
      const staging = join(pharma.directory, '.drydock', 'staging');
      await mkdir(staging, { recursive: true });
      await execa('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', staging]);
      const error = await failure(sets.first).finally(() => execa('umount', [staging]));
      expect(error).toMatchObject({ code: 'no-space' });
      expect(await summaryOf(sets.first)).toMatchObject({ lastDrill: { finding: { code: 'no-space' } } });
    });
  });

  test('makes way when it is cancelled, and others say that they wait for it', async () => {
    const running = await drill();
    await reached(running, 'start generation');
    const waiting = await plane.operations.verify({ instance: pharma.name });
    await expect
      .poll(async () => (await waiting.observe()).progress?.waitingFor, { timeout: 60_000 })
      .toContain(`waits for drill (${running.workflowId})`);
    await running.cancel();
    await expect(running.result()).rejects.toMatchObject({ outcome: 'cancelled' });
    await waiting.result();
  });

  test('that is terminated is removed by whoever puts the instance right', async () => {
    const doomed = await drill();
    await reached(doomed, 'load store graph');
    await plane.temporal.workflow.getHandle(doomed.workflowId).terminate('the test wants to see who notices');
    await (await plane.operations.verify({ instance: pharma.name })).result();
  });
});

/** The step is running, or done already. */
async function reached(run: RunHandle<unknown>, step: string): Promise<void> {
  await expect
    .poll(async () => (await run.observe()).progress?.steps.map(({ name }) => name), { timeout: 300_000 })
    .toContainEqual(expect.stringContaining(step));
}

/**
 * Puts the graph of the first set into the second, and says so in its manifest, as somebody may who can write to the bucket.
 * Answers how to put it right again.
 */
async function exchangeGraph(
  { bucket, objects }: Plane,
  of: Identity,
  { first, second }: { first: string; second: string },
): Promise<() => Promise<void>> {
  const put = (key: string, Body: string | Buffer) =>
    bucket.client.send(new PutObjectCommand({ Bucket: bucket.name, Key: `drydock/${key}`, Body }));
  const key = (set: string) => manifestKey(of, set);
  const text = await readFile(join(objects, key(second)), 'utf8');
  const theirs = (JSON.parse(await readFile(join(objects, key(first)), 'utf8')) as Manifest).artifacts;
  const manifest = JSON.parse(text) as Manifest;
  const originals = new Map<string, Buffer>([[key(second), Buffer.from(text)]]);
  for (const artifact of manifest.artifacts.filter(({ store }) => store === 'graph')) {
    const other = theirs.find(({ store, name }) => store === 'graph' && name === artifact.name);
    if (other === undefined) throw new Error(`the first set has no ${artifact.name}`);
    originals.set(artifact.key, await readFile(join(objects, artifact.key)));
    Object.assign(artifact, { source: other.source, stored: other.stored });
    await put(artifact.key, await readFile(join(objects, other.key)));
  }
  await put(key(second), JSON.stringify(manifest, null, 2));
  return async () => {
    for (const [name, body] of originals) await put(name, body);
  };
}

function took({ startedAt, endedAt }: { startedAt: string; endedAt?: string | undefined }): number {
  return endedAt === undefined ? 0 : Date.parse(endedAt) - Date.parse(startedAt);
}
