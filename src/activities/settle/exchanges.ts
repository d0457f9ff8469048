import { readdir } from 'node:fs/promises';
import { isThere } from '../../drivers/notes.ts';
import { otherColour, releaseDirectory } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { exchangeFiles, filePaths } from '../instance/exchange.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance } from '../instance/instances.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { renderServing } from '../instance/rendering.ts';
import { generationFiles } from '../instance/store-locations.ts';
import { removeReleaseOf, stopRunning } from '../releases/release-containers.ts';
import { exchangeReleases } from '../releases/switching.ts';
import { exchangeServingGeneration } from '../sets/generations.ts';

/** How long a replaced release is kept if its dead upgrade did not retire it, in milliseconds: a day. */
const keptMs = 24 * 3600_000;

/**
 * Steps that complete or take back a dead run's exchange. Each returns what it had to do; repeated, it does nothing.
 */
export function createExchangeRepairs(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** Brings back files that an exchange left elsewhere; the record says which release and which generation serve. */
    async endExchange({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const { colour, generation } = await directories.record(instance);
      const done: string[] = [];
      const moved = ['blueprint', '.env'].map((file) => directories.path(instance, releaseDirectory(colour), file));
      if ((await Promise.all(moved.map(isThere))).includes(true)) {
        await exchangeReleases(drivers, { instance, colour, insteadOf: otherColour(colour) });
        done.push(`brought the files of the ${colour} release back`);
      }
      const local = await openInstance(directories, instance);
      for (const from of await otherGenerations(instance, generation)) {
        const away = (await filePaths(directories, local)).map((path) =>
          directories.path(instance, generationFiles(generation), path),
        );
        if (!(await Promise.all(away.map(isThere))).includes(true)) break;
        await exchangeFiles(directories, local, { from, to: generation });
        done.push(`brought the files of generation ${generation} back`);
      }
      await renderServing(drivers, instance);
      return done;
    },

    /**
     * Ends a switch that stopped half way, with a release on a generation not made for it: the older release serves its
     * own again. Nothing was written to the other generation, since the edge was closed.
     */
    async endSwitch({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const { colour, generation } = await directories.record(instance);
      const note = await readReleaseNote(directories, instance, otherColour(colour));
      if (note === undefined || note.own.generation === note.other.generation) return [];
      if (generation !== note.own.generation) return [];
      const [older, newer] = note.brought.by === note.own.colour ? [note.other, note.own] : [note.own, note.other];
      await exchangeReleases(drivers, { instance, colour: older.colour, insteadOf: newer.colour });
      await exchangeServingGeneration(drivers, {
        instance,
        generation: older.generation,
        insteadOf: newer.generation,
      });
      return [`took ${older.blueprint.ref} back to generation ${older.generation}`];
    },

    /** Removes a dead upgrade's candidate; stops a replaced release, and keeps it for the way back. */
    async endUpgrade({ instance, dead }: Fenced<{ instance: string; dead: readonly string[] }>): Promise<string[]> {
      const record = await directories.record(instance);
      const colour = otherColour(record.colour);
      const note = await readReleaseNote(directories, instance, colour);
      const isKept = record.previous?.colour === colour;
      if (note === undefined || !(isKept || dead.includes(note.by))) return [];
      if (note.brought.by === colour && !isKept) {
        await removeReleaseOf(drivers, record, colour);
        return [`removed the ${colour} release, which never served`];
      }
      const running = await stopRunning(drivers, record, colour);
      const keepUntil = record.previous?.keepUntil ?? new Date(Date.now() + keptMs).toISOString();
      if (!isKept) await exchangeReleases(drivers, { instance, colour: record.colour, insteadOf: colour, keepUntil });
      return running.length === 0 ? [] : [`stopped the ${colour} release, and kept it for the way back`];
    },
  };

  /** Newest first: an exchange is always with the newest other generation, or with the one before that. */
  async function otherGenerations(instance: string, generation: number): Promise<number[]> {
    const names = await readdir(directories.path(instance, '.drydock/generations')).catch(() => []); // None was ever built.
    return names
      .map((name) => Number(name.slice(1)))
      .filter((other) => other !== generation)
      .sort((left, right) => right - left);
  }
}
