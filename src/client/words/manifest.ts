import type { Manifest } from '../../contracts/manifest.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { describeContents } from '../contents.ts';
import { formatTable } from '../table.ts';

function describeBarrier({ barrier }: Manifest): string {
  if (barrier === undefined) return 'while writing went on';
  return `writing stopped for ${measuredDuration(Date.parse(barrier.to) - Date.parse(barrier.from))}`;
}

export function describeManifest(manifest: Manifest): string {
  const encryption =
    manifest.encryption.kind === 'none' ? 'none' : `age, for ${manifest.encryption.recipients.join(', ')}`;
  const facts = [
    ['set', manifest.set],
    ['instance', `${manifest.instance} on host ${manifest.host}`],
    ['taken', `${manifest.createdAt} (${manifest.reason}), ${describeBarrier(manifest)}`],
    ...(isWhole(manifest) ? [] : [['capture', `without ${(manifest.withoutStores ?? []).join(', ')}`]]),
    ['blueprint', manifest.blueprint.ref],
    ['encryption', encryption],
    ...(manifest.leftOut.length === 0 ? [] : [['left out', manifest.leftOut.join(', ')]]),
  ];
  const stores = manifest.stores.map((store) => [store.store, store.version, describeContents(store.contents)]);
  const artifacts = manifest.artifacts.map((artifact) => [artifact.key, readableBytes(artifact.stored.sizeBytes)]);
  return [
    ...facts.map(([name, value]) => `${name?.padEnd(12)}${value}`),
    '',
    formatTable(['STORE', 'VERSION', 'CONTENTS'], stores),
    '',
    formatTable(['ARTIFACT', 'SIZE'], artifacts),
  ].join('\n');
}
