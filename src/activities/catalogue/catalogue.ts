import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { type Identity, SetChoice, type SetId, type Sha256 } from '../../contracts/ids.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import type { Manifest, SetSummary } from '../../contracts/manifest.ts';
import type { Tombstone } from '../../contracts/retention.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { madeAsNew } from '../../model/catalogue/edge-times.ts';
import { judge, leastRecentlyVerified, readEveryByte } from '../../model/catalogue/evidence.ts';
import {
  fullName,
  instancesPrefix,
  manifestKey,
  readFullName,
  setPrefix,
  tombstoneKey,
} from '../../model/instance/names.ts';
import { chooseNewer, type NewerStore } from '../../model/sets/newer-stores.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import { chainOf } from './evidence.ts';
import { doneEntries } from './journal.ts';
import { type KnownSet, knownSets, setIds, summaryOf } from './known-sets.ts';
import { readManifestFile } from './manifests.ts';

/** A set by its id, of any instance unless one is named; or how to choose one among those of an instance. */
interface WantedSet {
  of?: Identity | undefined;
  set: SetId | SetChoice;
}

const BackToCopied = z.looseObject({ way: z.literal('on-copy') });

/** Steps on the catalogue of recovery sets: a set exists when its manifest exists. */
export function createCatalogueActivities(objects: ObjectStore) {
  const chosen: Record<SetChoice, (of: Identity) => Promise<Manifest>> = {
    latest: latestOf,
    random: randomOf,
    'least-recently-verified': leastRecent,
  };
  return {
    /** Sets and captures of an instance, newest first. */
    async listSets({ of }: { of: Identity }): Promise<SetSummary[]> {
      return (await allKnown(of)).map(summaryOf);
    },

    /**
     * Reads one manifest: by id, or of an instance the newest whole set, a random set that is not known to be bad, or
     * the set whose bytes nobody has read for longest. `not-found` says which sets there are.
     */
    async readManifest({ of, set }: WantedSet): Promise<Manifest> {
      const choice = SetChoice.safeParse(set).data;
      if (choice !== undefined && of !== undefined) return chosen[choice](of);
      return (await readManifestFile(objects, await ownerOf(set, of), set)).manifest;
    },

    /** For each store the newest capture or set of it that is newer than this set; `refused` if this set lacks it. */
    async readNewerStores({ manifest, stores }: { manifest: Manifest; stores: string[] }): Promise<NewerStore[]> {
      const all = await allKnown(manifest);
      const manifests = new Map(all.map((one) => [one.manifest.set, one.manifest]));
      return chooseNewer(manifest, stores, all.map(summaryOf)).flatMap(({ store, set }) => {
        const found = manifests.get(set);
        return found === undefined ? [] : [{ store, manifest: found }];
      });
    },

    /**
     * The newest whole set of an instance, if it is young enough, was made with this blueprint, and is not known to be
     * bad: going back to a set needs the release that it was made with.
     */
    async recentSet(wanted: { of: Identity; maxAgeHours: number; blueprint?: Sha256 }): Promise<{ set?: SetId }> {
      const { of, maxAgeHours, blueprint } = wanted;
      const newest = await newestWhole(of, await setIds(objects, of));
      if (newest === undefined) return {};
      const { set, createdAt, blueprint: madeWith } = newest.manifest;
      const chain = await chainOf(objects, { of, set, manifest: newest.sha256 });
      if (judge(chain).level === 'bad') return {};
      const young = Date.parse(createdAt) >= Date.now() - maxAgeHours * 3600_000;
      // Before the last restore or way back the instance held other data than it does now.
      if (createdAt <= (await lastExchange(objects, of))) return {};
      return young && (blueprint ?? madeWith.digest) === madeWith.digest ? { set } : {};
    },

    /** The commit point of a backup: written once. Succeeds if the same manifest is already there. */
    async commitManifest({ manifest }: { manifest: Manifest }): Promise<void> {
      const key = manifestKey(manifest, manifest.set);
      const body = `${JSON.stringify(manifest, null, 2)}\n`;
      try {
        await objects.put(key, body, { ifAbsent: true });
      } catch (error) {
        const there = await objects.getText(key);
        if (there !== body) throw error;
      }
    },

    /** Removes the uploads of a set that was never committed. Refuses a committed set. */
    async discardUploads({ of, set }: { of: Identity; set: string }): Promise<string[]> {
      if ((await objects.head(manifestKey(of, set))) !== undefined) {
        throw new DrydockError('refused', `discard the uploads of set ${set}: the set has a manifest`);
      }
      const prefix = setPrefix(of, set);
      for await (const { key, uploadId } of objects.uploads(prefix)) await objects.abortUpload(key, uploadId);
      const keys = await Array.fromAsync(objects.list(prefix), ({ key }) => key);
      await objects.remove(keys);
      return keys;
    },

    /** Writes into the object store until when the sets of a removed instance are kept; retention reads this. */
    async writeTombstone(stone: Omit<Tombstone, 'format'>): Promise<void> {
      const body = `${JSON.stringify({ format: 'drydock-tombstone/1', ...stone }, null, 2)}\n`;
      await objects.put(tombstoneKey(stone), body, { ifAbsent: false });
    },
  };

  /** Every set that can be read; a set that retention has just removed is skipped, a damaged set is an error. */
  async function allKnown(of: Identity): Promise<KnownSet[]> {
    const { sets, unread } = await knownSets(objects, of);
    const damaged = unread.find(({ code }) => code === 'damaged');
    if (damaged !== undefined) throw damaged;
    return sets;
  }

  async function latestOf(of: Identity): Promise<Manifest> {
    const ids = await setIds(objects, of);
    return (await newestWhole(of, ids))?.manifest ?? throwNone(of, 'the latest set', ids.length);
  }

  /** Reads sets one by one, newest first: captures come hourly or oftener and sets every night, so few are read. */
  async function newestWhole(
    of: Identity,
    newestFirst: readonly SetId[],
  ): Promise<{ manifest: Manifest; sha256: Sha256 } | undefined> {
    for (const set of newestFirst) {
      const file = await ifThere(readManifestFile(objects, of, set));
      if (file !== undefined && isWhole(file.manifest)) return file;
    }
    return undefined;
  }

  /** Prefers verified sets: a drill adds something new to them. */
  async function randomOf(of: Identity): Promise<Manifest> {
    const [first, ...others] = await wholeSetsOf(of, 'a random set');
    const judged = [first, ...others].map(({ manifest, chain }) => ({ manifest, ...judge(chain) }));
    const verified = judged.filter(({ verifiedAt }) => verifiedAt !== undefined);
    const notBad = judged.filter(({ level }) => level !== 'bad');
    const from = [verified, notBad].find((some) => some.length > 0) ?? judged;
    return (from[randomInt(from.length)] ?? first).manifest;
  }

  async function leastRecent(of: Identity): Promise<Manifest> {
    const [first, ...others] = await wholeSetsOf(of, 'the set that was verified least recently');
    const looked = [first, ...others].map(({ manifest, chain }) => {
      const { set, createdAt } = manifest;
      return { set, createdAt, manifest, lastLookAt: chain.records.findLast(readEveryByte)?.at };
    });
    return leastRecentlyVerified(looked)?.manifest ?? first.manifest;
  }

  /** At least one whole set, newest first; `not-found` if there is none. */
  async function wholeSetsOf(of: Identity, wanted: string): Promise<[KnownSet, ...KnownSet[]]> {
    const all = await allKnown(of);
    const [newest, ...older] = all.filter(({ manifest }) => isWhole(manifest));
    return newest === undefined ? throwNone(of, wanted, all.length) : [newest, ...older];
  }

  function throwNone({ instance }: Identity, wanted: string, captures: number): never {
    const seen =
      captures === 0 ? 'there is no set' : `there are ${captures} captures of single stores and no whole set`;
    throw new DrydockError('not-found', `look for ${wanted} of ${instance}: ${seen}`, {
      next: `take a whole set with \`drydock backup ${instance}\``,
    });
  }

  /** Instance a set belongs to. Without a hint, looks at every instance of the bucket. */
  async function ownerOf(set: string, hint: Identity | undefined): Promise<Identity> {
    if (hint !== undefined && (await objects.head(manifestKey(hint, set))) !== undefined) return hint;
    for await (const folder of objects.folders(instancesPrefix)) {
      const of = readFullName(folder);
      if (of === undefined || (await objects.head(manifestKey(of, set))) === undefined) continue;
      if (hint === undefined) return of;
      throw new DrydockError(
        'refused',
        `look for set ${set} of ${fullName(hint)}: the set belongs to ${fullName(of)}`,
        {
          next: `to take it knowingly, name ${fullName(of)}`,
        },
      );
    }
    throw new DrydockError('not-found', `look for set ${set}: no instance has this set`, {
      next: 'list sets with `drydock sets NAME`; a set without its manifest does not exist',
    });
  }
}

/** Undefined if retention has removed the object since it was listed. */
async function ifThere<Found>(reading: Promise<Found>): Promise<Found | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof DrydockError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** When a restore or a way back last changed the data of an instance; empty if never. */
async function lastExchange(objects: ObjectStore, of: Identity): Promise<string> {
  let last = '';
  for (const procedure of ['restore', 'rollback']) {
    for await (const entry of doneEntries(objects, of, procedure)) {
      if (!exchangedData(entry)) continue;
      if (entry.endedAt > last) last = entry.endedAt;
      break;
    }
  }
  return last;
}

/** Whether the run changed its instance's data: no restore into a new one does, nor a way back on the same stores. */
function exchangedData(entry: JournalEntry): boolean {
  return entry.procedure === 'restore' ? !madeAsNew(entry) : BackToCopied.safeParse(entry.plan).success;
}
