import { describe, expect, test } from 'vitest';
import type { Manifest } from '../../../src/contracts/manifest.ts';
import { type DrillObservation, planDrill } from '../../../src/model/drills/plan-drill.ts';
import {
  aBlueprint,
  aCapture,
  aComposeModel,
  aManifest,
  anArtifact,
  aRecord,
  digest,
  instanceId,
  setId,
} from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const mebibyte = 1024 ** 2;
const whole = aManifest();
const model = aComposeModel();
// Three stores of 512 MiB, and a worker without a limit.
for (const service of [model.services['app']])
  Object.assign(service ?? {}, { deploy: { resources: { limits: { memory: '256m', cpus: '0.25' } } } });
const needed = (3 * 512 + 256 + 1024) * mebibyte;
const well: DrillObservation = {
  record: aRecord(),
  storedSizes: new Map(whole.artifacts.map(({ key, stored }) => [key, stored.sizeBytes])),
  engineVersions: { graph: '1.2.3' },
  diskFreeBytes: 24_000,
  memoryFreeBytes: needed,
  canDecrypt: false,
  model,
  generations: [1],
  cpus: 2,
};

const plan = (observed: Partial<DrillObservation> = {}, manifest: Manifest = whole) =>
  planDrill(manifest, aBlueprint(), { ...well, ...observed });

const refusal = (observed: Partial<DrillObservation>, manifest: Manifest = whole) =>
  refusalFrom(() => plan(observed, manifest));

test('the set is built beside, in staging of its own, on the blueprint that it was made with', () => {
  const made = { ref: 'stack@0.9.0', digest: 'cd'.repeat(32) };
  expect(plan({}, aManifest({ blueprint: made }))).toMatchObject({
    set: setId,
    blueprint: made,
    toGeneration: 2,
    staging: `drill-${setId}`,
    volumes: { graph: 'drydock-pharma.neo4j_data.g2' },
    stores: ['graph', 'vectors', 'queue', 'files'],
  });
  expect(whole.blueprint.digest).toBe(digest);
});

test('no generation that has volumes is touched, whoever made it', () => {
  expect(plan({ generations: [1, 4, 2] }).toGeneration).toBe(5);
  const kept = { generation: 6, keepUntil: '2026-12-01T00:00:00.000Z' };
  expect(plan({ record: aRecord({ retired: [kept] }) }).toGeneration).toBe(7);
});

test('every service has limits: its own, at most half of the processors, and memory where it names none', () => {
  const { limits, cpuShares } = plan().purpose.terms;
  expect(cpuShares).toBeLessThan(1024);
  expect(limits).toEqual({
    neo4j: { cpus: 1, memoryBytes: 512 * mebibyte },
    qdrant: { cpus: 1, memoryBytes: 512 * mebibyte },
    redis: { cpus: 1, memoryBytes: 512 * mebibyte },
    app: { cpus: 0.25, memoryBytes: 256 * mebibyte },
    worker: { cpus: 1, memoryBytes: 1024 * mebibyte },
  });
  expect(plan({ cpus: 1 }).purpose.terms.limits['neo4j']?.cpus).toBe(0.5);
});

describe('is refused', () => {
  test('when half of the free disk would not stay free', () => {
    expect(refusal({ diskFreeBytes: 23_999 })).toMatchObject({
      code: 'no-space',
      problems: [expect.stringContaining('leaves half of what is free to the instance; 23.4 KiB are free')],
    });
  });

  test('when stores and release find no memory beside the serving ones', () => {
    expect(refusal({ memoryFreeBytes: needed - 1 })).toMatchObject({
      code: 'no-space',
      problems: [expect.stringContaining('need 2.8 GiB of memory')],
    });
  });

  test('for a capture, which is not damaged by what it leaves out', () => {
    const capture = aCapture('20261121T113000Z-00000001', ['queue']);
    const storedSizes = new Map(capture.artifacts.map(({ key, stored }) => [key, stored.sizeBytes]));
    expect(refusal({ storedSizes }, capture)).toMatchObject({
      code: 'refused',
      problems: [expect.stringContaining('is a capture of queue')],
    });
  });

  test('as damaged when the set lacks an artifact, with everything else that is wrong', () => {
    const [first = ''] = well.storedSizes.keys();
    const storedSizes = new Map([...well.storedSizes].filter(([key]) => key !== first));
    expect(refusal({ storedSizes, diskFreeBytes: 1 })).toMatchObject({
      code: 'damaged',
      problems: [`artifact ${first} is missing`, expect.stringContaining('of disk')],
    });
  });

  test.each<[string, Partial<DrillObservation>, Manifest, string]>([
    ['without the key', {}, aManifest({ encryption: { kind: 'age', recipients: ['age1x'] } }), 'has no age identity'],
    ['with an older engine', { engineVersions: { graph: '1.2.2' } }, whole, 'was captured by version 1.2.3'],
    [
      'with an artifact of somebody else',
      { storedSizes: new Map([...well.storedSizes, [`instances/acme.${instanceId}/x`, 500]]), diskFreeBytes: 100_000 },
      aManifest({ artifacts: [...whole.artifacts, anArtifact('graph', { key: `instances/acme.${instanceId}/x` })] }),
      'lies outside the set',
    ],
  ])('%s', (_, observed, manifest, problem) => {
    expect(refusal(observed, manifest)).toMatchObject({
      code: 'refused',
      problems: [expect.stringContaining(problem)],
    });
  });
});
