import type { Client } from '@temporalio/client';
import type { Identity, InstanceId, InstanceName } from '../../contracts/ids.ts';
import { type Life, Tombstone } from '../../contracts/retention.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { chooseLife } from '../../model/catalogue/lives.ts';
import { fullName, instancePrefix, instancesPrefix, readFullName, tombstoneKey } from '../../model/instance/names.ts';
import { livingId } from '../claims/instance-state.ts';

/** Steps that say which instance a name means: a name may have belonged to another instance before. */
export function createLifeActivities(client: () => Client, objects: ObjectStore) {
  return {
    /**
     * The instance of a name that lives, or the only one that the bucket knows; with an id, the one of that id.
     * `not-found` if there is none, `refused` if there are several; both name the instances that the bucket knows.
     */
    async identify({ instance, id }: { instance: InstanceName; id?: InstanceId | undefined }): Promise<Life> {
      const living = await livingId(client(), instance);
      if (living !== undefined && (id ?? living) === living) return { instance, id: living, known: 'lives' };
      return chooseLife({ instance, id }, await livesOf(objects, instance));
    },

    /** The removed instances of a name, oldest first; `not-found` if there is none. */
    async removedLives({ instance }: { instance: InstanceName }): Promise<Life[]> {
      const removed = (await livesOf(objects, instance)).filter(({ known }) => known === 'removed');
      if (removed.length > 0) return removed;
      throw new DrydockError('not-found', `look for removed instances of the name ${instance}: there is none`);
    },
  };
}

/** Every instance of a name that the bucket knows, oldest first: an id begins with its time. */
async function livesOf(objects: ObjectStore, instance: string): Promise<Life[]> {
  const lives: Life[] = [];
  for await (const folder of objects.folders(instancesPrefix)) {
    const of = readFullName(folder);
    if (of?.instance !== instance) continue;
    lives.push({ ...of, ...(await whatIsKnown(objects, of)) });
  }
  return lives;
}

async function whatIsKnown(objects: ObjectStore, of: Identity): Promise<Omit<Life, keyof Identity>> {
  const tombstone = await readTombstoneOf(objects, of);
  if (tombstone !== undefined) {
    const { decommissionedAt: removedAt, keepSetsUntil } = tombstone;
    return { known: 'removed', removedAt, keepSetsUntil };
  }
  const folders = await Array.fromAsync(objects.folders(instancePrefix(of)));
  return { known: folders.includes('sets') ? 'has sets' : 'has a journal' };
}

/** Undefined if the instance was not removed. `damaged` if the object is no tombstone of this instance. */
export async function readTombstoneOf(objects: ObjectStore, of: Identity): Promise<Tombstone | undefined> {
  const text = await objects.getText(tombstoneKey(of));
  if (text === undefined) return undefined;
  let problem = 'it is not JSON';
  try {
    const stone = Tombstone.safeParse(JSON.parse(text));
    if (stone.success && fullName(stone.data) === fullName(of)) return stone.data;
    problem = stone.success ? `it names instance ${fullName(stone.data)}` : 'it is not a tombstone';
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new DrydockError('damaged', `read ${tombstoneKey(of)}: ${problem}`, {
    next: 'correct or remove this object; until then no set of this instance is deleted',
  });
}
