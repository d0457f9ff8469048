import { expect } from 'vitest';
import { EvidenceRecord } from '../../src/contracts/evidence.ts';
import type { SetId } from '../../src/contracts/ids.ts';
import type { Manifest } from '../../src/contracts/manifest.ts';
import type { World } from './procedure-checks.ts';
import type { MemoryWorld } from './world-in-memory.ts';

/** A world whose snapshot leaves out evidence, since evidence stays when everything else is undone. */
export function withoutEvidence(world: MemoryWorld): World {
  const snapshot = () => {
    const { objects, ...rest } = world.snapshot() as { objects: Record<string, string> };
    const others = Object.entries(objects).filter(([key]) => !key.includes('/evidence/'));
    return { ...rest, objects: Object.fromEntries(others) };
  };
  return { control: world.control, hosts: world.hosts, snapshot };
}

/** Every record of evidence, oldest first. */
export function records(world: MemoryWorld): EvidenceRecord[] {
  const keys = [...world.bucket.objects.keys()].filter((key) => key.includes('/evidence/')).sort();
  return keys.map((key) => EvidenceRecord.parse(JSON.parse(world.bucket.objects.get(key)?.body.toString() ?? '')));
}

/** As if the set were not encrypted: then no secret goes into it. */
export function dropEnvironment(world: MemoryWorld): void {
  for (const [key, object] of world.bucket.objects) {
    if (!key.endsWith('/manifest.json')) continue;
    const manifest = JSON.parse(object.body.toString()) as Manifest;
    const artifacts = manifest.artifacts.filter(({ name }) => name !== 'env');
    expect(artifacts.length).toBe(manifest.artifacts.length - 1);
    world.bucket.objects.set(key, { ...object, body: Buffer.from(JSON.stringify({ ...manifest, artifacts })) });
  }
}

/** Puts the graph of another set into a set, and says so in its manifest: every checksum is right. */
export async function exchangeGraph(world: MemoryWorld, into: string, from: SetId): Promise<void> {
  const theirs = (await world.catalogue.readManifest({ set: from })).artifacts.find(({ store }) => store === 'graph');
  for (const [key, object] of world.bucket.objects) {
    if (!key.endsWith(`${into}/manifest.json`)) continue;
    const manifest = JSON.parse(object.body.toString()) as Manifest;
    for (const artifact of manifest.artifacts.filter(({ store }) => store === 'graph')) {
      Object.assign(artifact, { source: theirs?.source, stored: theirs?.stored });
      const bytes = world.bucket.objects.get(theirs?.key ?? '');
      if (bytes !== undefined) world.bucket.objects.set(artifact.key, bytes);
    }
    world.bucket.objects.set(key, { ...object, body: Buffer.from(JSON.stringify(manifest)) });
  }
}
