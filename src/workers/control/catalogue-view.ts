import { z } from 'zod';
import { journalKeys } from '../../activities/catalogue/journal.ts';
import { knownSets, summaryOf } from '../../activities/catalogue/known-sets.ts';
import { type ManifestReader, readManifestFile } from '../../activities/catalogue/manifests.ts';
import { hasArtifactShape } from '../../activities/catalogue/set-ownership.ts';
import { listSetObjects } from '../../activities/catalogue/set-survey.ts';
import { fetchBlueprint } from '../../activities/instance/instances.ts';
import type { Blueprint } from '../../contracts/blueprint.ts';
import { type Identity, Instant } from '../../contracts/ids.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import type { JournalKey } from '../../model/catalogue/journal-key.ts';
import { fullName, manifestKey } from '../../model/instance/names.ts';
import type { CatalogueView, DrillView } from '../../model/metrics/instance-samples.ts';

/** A running backup also has objects without a manifest, but never for this long. */
const orphanAgeMs = 48 * 3600_000;
const journalDays = 40;

const Times = z.looseObject({ startedAt: Instant, endedAt: Instant });

/**
 * The metrics' view of the bucket, refreshed again and again: unchanging objects (manifests, blueprints, journal
 * entries) are fetched once.
 */
export function createCatalogueViews(objects: ObjectStore) {
  const manifests = new Map<string, ReturnType<ManifestReader>>();
  const blueprints = new Map<string, Blueprint>();
  const drills = new Map<string, DrillView>();

  return {
    async catalogue(of: Identity): Promise<CatalogueView> {
      const { sets: known } = await knownSets(objects, of, { read: remembering(manifests) });
      const sets = known.map(summaryOf);
      const seen = new Set(sets.map(({ set }) => set as string));
      for (const key of manifests.keys()) {
        const [, owner, , set = ''] = key.split('/');
        if (owner === fullName(of) && !seen.has(set)) manifests.delete(key);
      }
      return { sets, orphanBytes: await orphanBytes(objects, of) };
    },

    async blueprint(ref: string): Promise<Blueprint> {
      const known = blueprints.get(ref) ?? (await fetchBlueprint(objects, ref)).blueprint;
      blueprints.set(ref, known);
      return known;
    },

    async journal(of: Identity): Promise<{ runs: JournalKey[]; drill?: DrillView }> {
      const runs = await journalKeys(objects, of, new Date(Date.now() - journalDays * 24 * 3600_000));
      const last = runs.findLast(({ procedure, outcome }) => procedure === 'drill' && outcome === 'done');
      if (last === undefined) return { runs };
      const drill = drills.get(last.key) ?? Times.parse(JSON.parse((await objects.getText(last.key)) ?? 'null'));
      drills.set(last.key, { startedAt: drill.startedAt, endedAt: drill.endedAt });
      return { runs, drill };
    },
  };
}
export type CatalogueViews = ReturnType<typeof createCatalogueViews>;

/** A manifest never changes once written; only failed reads are repeated. */
function remembering(known: Map<string, ReturnType<ManifestReader>>): ManifestReader {
  return (objects, of, set) => {
    const key = manifestKey(of, set);
    const reading = known.get(key) ?? readManifestFile(objects, of, set);
    known.set(key, reading);
    reading.catch(() => known.delete(key));
    return reading;
  };
}

async function orphanBytes(objects: ObjectStore, of: Identity): Promise<number> {
  const { below } = await listSetObjects(objects, of);
  let bytes = 0;
  for (const [set, found] of below) {
    if (found.some(({ key }) => key === manifestKey(of, set))) continue;
    for (const { key, sizeBytes, modifiedAt } of found) {
      const old = Date.now() - modifiedAt.getTime() > orphanAgeMs;
      if (old && hasArtifactShape(of, set, key)) bytes += sizeBytes;
    }
  }
  return bytes;
}
