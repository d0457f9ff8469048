import { expect, test } from 'vitest';
import {
  BlueprintRef,
  HostName,
  InstanceName,
  Instant,
  ServiceName,
  SetId,
  Sha256,
  VariableName,
  Version,
} from '../../src/contracts/ids.ts';
import { Artifact, Manifest } from '../../src/contracts/manifest.ts';
import { aManifest, anArtifact, digest } from '../support/builders.ts';

test.each([
  [
    'an instance',
    InstanceName,
    ['pharma', 'p2', 'a-b', `a${'b'.repeat(30)}`],
    ['', 'a', 'Pharma', '2a', 'a-', 'a_b', 'a.b', 'a b', 'ä1', `a${'b'.repeat(31)}`, '../x'],
  ],
  ['a host', HostName, ['h', 'h-1'], ['', 'H1', '1h', 'h.example.org', 'a'.repeat(31)]],
  ['a version', Version, ['1.0.0', '10.20.30'], ['1.0', 'v1.0.0', '1.0.0-rc1', '']],
  ['a blueprint', BlueprintRef, ['osmose@1.0.0'], ['osmose', 'osmose@1', 'Osmose@1.0.0', 'a/b@1.0.0']],
  [
    'a set',
    SetId,
    ['20261121T030000Z-1a2b3c4d'],
    ['latest', '20261121T030000Z', '20261121T030000Z-1A2B3C4D', '2026-11-21T03:00:00Z-1a2b3c4d'],
  ],
  ['a digest', Sha256, [digest], ['ab', digest.toUpperCase(), `${digest}0`]],
  ['a service', ServiceName, ['neo4j', 'a_b-c'], ['', 'Neo4j', '4j', 'a.b']],
  ['a variable', VariableName, ['APP_PORT', 'A1'], ['', 'app', '1A', 'A-B']],
  [
    'an instant',
    Instant,
    ['2026-11-21T03:00:00.000Z', '2026-11-21T03:00:00Z'],
    ['2026-11-21', '2026-11-21T03:00:00+01:00', 'now'],
  ],
])('the name of %s is short and plain', (_, schema, good, bad) => {
  for (const name of good) expect(schema.safeParse(name).success, name).toBe(true);
  for (const name of bad) expect(schema.safeParse(name).success, name).toBe(false);
});

test('a manifest refuses what it does not know, at every depth', () => {
  const manifest = aManifest();
  expect(Manifest.safeParse(manifest).success).toBe(true);
  const worse = [
    { ...manifest, extra: 1 },
    { ...manifest, format: 'drydock-set/2' },
    { ...manifest, artifacts: [{ ...manifest.artifacts[0], mode: '0644' }] },
    { ...manifest, stores: [{ ...manifest.stores[0], contents: { kind: 'mysql' } }] },
    { ...manifest, encryption: { kind: 'age', recipients: [] } },
    { ...manifest, barrier: { from: 'yesterday', to: 'today' } },
    { ...manifest, barrier: undefined },
    { ...manifest, withoutStores: [] },
  ];
  for (const other of worse) expect(Manifest.safeParse(other).success).toBe(false);
});

test.each(['../escape', 'a/b', '', 'a b'])('an artifact is not called %j', (name) => {
  expect(Artifact.safeParse({ ...anArtifact('graph'), name }).success).toBe(false);
});
