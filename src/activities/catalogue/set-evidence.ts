import type { EvidenceRecord } from '../../contracts/evidence.ts';
import { SetId } from '../../contracts/ids.ts';
import type { SetSummary } from '../../contracts/manifest.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { judge } from '../../model/catalogue/evidence.ts';
import { instancePrefix } from '../../model/instance/names.ts';
import { inBatches } from '../attempt/in-batches.ts';
import { reportProgress } from '../attempt/step-context.ts';
import { summaryOf } from './catalogue.ts';
import { chainOf } from './evidence.ts';
import { readManifestFile } from './manifests.ts';

/** A set of the catalogue, what is proven of it, and the drills that say so, oldest first. */
export interface JudgedSet extends SetSummary {
  readonly drills: readonly Extract<EvidenceRecord, { kind: 'drilled' }>[];
}

/** Every set of an instance, newest first, and why some cannot be read: one that is damaged must not hide the others. */
export async function judgedSets(
  objects: ObjectStore,
  instance: string,
): Promise<{ sets: JudgedSet[]; unread: string[] }> {
  const ids: SetId[] = [];
  for await (const { key } of objects.list(`${instancePrefix}${instance}/sets/`)) {
    const id = key.endsWith('/manifest.json') ? SetId.safeParse(key.split('/').at(-2)) : undefined;
    if (id?.success) ids.push(id.data);
  }
  const read = await inBatches(
    ids.sort().reverse(),
    (set) => readSet(objects, instance, set),
    (progress) => reportProgress({ ...progress, what: 'sets' }),
  );
  return {
    sets: read.flatMap((one) => (typeof one === 'string' ? [] : [one])),
    unread: read.filter((one) => typeof one === 'string'),
  };
}

async function readSet(objects: ObjectStore, instance: string, set: SetId): Promise<JudgedSet | string> {
  try {
    const { manifest, sha256 } = await readManifestFile(objects, instance, set);
    const chain = await chainOf(objects, { instance, set, manifest: sha256 });
    const drills = chain.records.filter((record) => record.kind === 'drilled');
    return { ...summaryOf(manifest), ...judge(chain), drills };
  } catch (error) {
    // Gone since it was listed: retention was here.
    if (error instanceof DrydockError && ['damaged', 'not-found'].includes(error.code)) return error.message;
    throw error;
  }
}
