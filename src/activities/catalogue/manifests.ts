import type { Identity, Sha256 } from '../../contracts/ids.ts';
import { Manifest } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { fullName, manifestKey } from '../../model/instance/names.ts';
import { digestOfText } from '../attempt/hash.ts';

/** Reads a manifest: from the bucket, or from a memory of earlier reads. */
export type ManifestReader = typeof readManifestFile;

/** A manifest and the digest of its object. `damaged` when the object is no manifest, or that of another set. */
export async function readManifestFile(
  objects: ObjectStore,
  of: Identity,
  set: string,
): Promise<{ manifest: Manifest; sha256: Sha256 }> {
  const [key, name] = [manifestKey(of, set), fullName(of)];
  const text = await objects.getText(key);
  if (text === undefined) throw new DrydockError('not-found', `look for set ${set} of ${name}: there is no ${key}`);
  const parsed = Manifest.safeParse(parseJson(key, text));
  if (!parsed.success) {
    throw new DrydockError('damaged', `read the manifest of set ${set} of ${name}: the object is not a manifest`, {
      problems: parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`),
    });
  }
  if (parsed.data.set !== set || fullName(parsed.data) !== name) {
    throw new DrydockError('damaged', `read ${key}: it names set ${parsed.data.set} of ${fullName(parsed.data)}`);
  }
  return { manifest: parsed.data, sha256: digestOfText(text) };
}

function parseJson(key: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new DrydockError('damaged', `read ${key}: the object is not JSON`, { cause: error });
  }
}
