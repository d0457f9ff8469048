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

/** Changes a byte of the first object whose key has this part; returns the key. */
export function spoil({ bucket }: MemoryWorld, part: string): string {
  const [key, found] = [...bucket.objects].find(([name]) => name.includes(part)) ?? [];
  if (key === undefined || found === undefined) throw new Error(`no object has ${part} in its key`);
  bucket.objects.set(key, { ...found, body: Buffer.from(found.body).fill(0, 9, 10) });
  return key;
}

/** Changes the manifests whose keys end so; of all sets without an end. */
export function rewrite({ bucket }: MemoryWorld, change: (manifest: Manifest) => void, end = '/manifest.json'): void {
  for (const [key, object] of bucket.objects) {
    if (!key.endsWith(end)) continue;
    const manifest = JSON.parse(object.body.toString()) as Manifest;
    change(manifest);
    bucket.objects.set(key, { ...object, body: Buffer.from(JSON.stringify(manifest)) });
  }
}

/** As if the set were not encrypted: then no secret goes into it. */
export function dropEnvironment(world: MemoryWorld): void {
  rewrite(world, (manifest) => {
    const others = manifest.artifacts.filter(({ name }) => name !== 'env');
    expect(others.length).toBe(manifest.artifacts.length - 1);
    manifest.artifacts = others;
  });
}

/** Puts the graph of another set into a set, and says so in its manifest: every checksum is right. */
export async function exchangeGraph(world: MemoryWorld, into: string, from: SetId): Promise<void> {
  const theirs = (await world.catalogue.readManifest({ set: from })).artifacts.find(({ store }) => store === 'graph');
  const exchange = (manifest: Manifest) => {
    for (const artifact of manifest.artifacts.filter(({ store }) => store === 'graph')) {
      Object.assign(artifact, { source: theirs?.source, stored: theirs?.stored });
      const bytes = world.bucket.objects.get(theirs?.key ?? '');
      if (bytes !== undefined) world.bucket.objects.set(artifact.key, bytes);
    }
  };
  rewrite(world, exchange, `${into}/manifest.json`);
}
