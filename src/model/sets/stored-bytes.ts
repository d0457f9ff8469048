import type { Artifact } from '../../contracts/manifest.ts';

/** Size of artifacts in the object store, in bytes. */
export function storedBytes(artifacts: readonly { readonly stored: Pick<Artifact['stored'], 'sizeBytes'> }[]): number {
  return artifacts.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);
}
