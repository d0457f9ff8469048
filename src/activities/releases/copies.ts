import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { StoreContents } from '../../contracts/contents.ts';
import type { Generation } from '../../contracts/ids.ts';
import type { ContentsComparison } from '../../contracts/restore.ts';
import { readNote, writeNote } from '../../drivers/notes.ts';
import { DrydockError } from '../../errors.ts';
import { generationProject } from '../../model/instance/names.ts';
import { compareContents } from '../../model/sets/compare-contents.ts';
import type { Fenced } from '../attempt/fenced.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { type LocalInstance, openInstance, openRelease, readTree } from '../instance/instances.ts';
import { builtProject } from '../instance/projects.ts';
import { startReaders } from '../instance/serve.ts';
import { contentsFile, generationFiles, openRunning, serving } from '../instance/store-locations.ts';
import { failOn, smokeChecks, verifySteps } from '../instance/verification.ts';
import { missingFiles } from './release-files.ts';
import type { ToRelease } from './releases.ts';

/** How long counting one store may take, in milliseconds: clients wait, and a slow store may be why one goes back. */
const countLimitMs = 20_000;

const Noted = z.record(z.string(), StoreContents);

/** Steps on a copy of the data that another release is to serve, and on what is lost if the copy is given up. */
export function createCopyActivities(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** Starts the candidate, without its writers, in the copy's project, where it reaches only the copy's stores. */
    async startReleaseOnCopy({ plan }: Fenced<{ plan: ToRelease }>): Promise<void> {
      const { instance, to } = plan;
      await refuseServingGeneration(plan);
      const local = await openRelease(directories, instance, to.colour);
      await bringFiles(local, to.generation);
      await startReaders(drivers, local, builtProject(directories, local.record, to.generation));
    },

    /** Runs the candidate's smoke steps against its containers on the copy, and its verify steps against the copy. */
    async smokeReleaseOnCopy({ plan }: Fenced<{ plan: ToRelease }>): Promise<void> {
      const { instance, to } = plan;
      const local = await openRelease(directories, instance, to.colour);
      const at = { project: generationProject(instance, to.generation), network: 'build' };
      const place = { generation: to.generation, beside: true };
      const checks = [...(await smokeChecks(drivers, local, at)), ...(await verifySteps(drivers, local, place))];
      failOn(checks, `try ${to.ref} on the copy of ${instance}`);
    },

    /** Counts every store of the serving generation and keeps the counts, to say later what was written since. */
    async noteContents({ instance, generation }: Fenced<{ instance: string; generation: Generation }>): Promise<void> {
      const local = await openInstance(directories, instance);
      if (local.record.generation !== generation) {
        const serving = local.record.generation;
        throw new DrydockError(
          'refused',
          `count generation ${generation} of ${instance}: generation ${serving} serves`,
        );
      }
      const noted: z.infer<typeof Noted> = {};
      for (const store of Object.keys(local.blueprint.stores)) noted[store] = await contentsOf(local, store);
      await writeNote(directories.path(instance, contentsFile(generation)), noted);
    },

    /** Compares what every store of the serving generation holds now with the kept counts. */
    async countWritten(step: Fenced<{ instance: string; generation: Generation }>): Promise<ContentsComparison[]> {
      const { instance, generation } = step;
      const local = await openInstance(directories, instance);
      if (local.record.generation !== generation) return []; // It does not serve, so nothing wrote to it.
      const noted = (await readNote(directories.path(instance, contentsFile(generation)), Noted)) ?? {};
      const comparisons: ContentsComparison[] = [];
      for (const store of Object.keys(local.blueprint.stores)) {
        const differences = await written(local, store, noted[store]);
        comparisons.push({ store, equal: differences.length === 0, differences });
      }
      return comparisons;
    },
  };

  async function contentsOf(local: LocalInstance, store: string): Promise<StoreContents> {
    return (await openRunning(drivers, local, store, serving(local))).contents();
  }

  async function written(local: LocalInstance, store: string, noted: StoreContents | undefined): Promise<string[]> {
    if (noted === undefined) return ['the store was not counted when the generation began to serve'];
    try {
      return compareContents(noted, await inTime(contentsOf(local, store)));
    } catch (error) {
      // A store that does not answer must not stop the way back: the store may be why one goes back.
      return [`the store cannot be counted: ${error instanceof Error ? error.message : String(error)}`];
    }
  }

  async function refuseServingGeneration({ instance, to }: ToRelease): Promise<void> {
    const { generation } = await directories.record(instance);
    if (generation !== to.generation) return;
    throw new DrydockError('refused', `start ${to.ref} on a copy of ${instance}: generation ${generation} serves`);
  }

  /** Adds the blueprint's new files to the copy's own files; they move into place together with the copy. */
  async function bringFiles({ directory, files, record }: LocalInstance, generation: Generation): Promise<void> {
    const shipped = await readTree(`${directory}/${files}blueprint`);
    const at = (file: string) => `${generationFiles(generation)}/${file}`;
    const missing = await missingFiles((file) => directories.read(record.instance, at(file)), shipped);
    for (const file of missing) await directories.write(record.instance, at(file), shipped[file] ?? '');
  }
}

/** Stops waiting for a count after the limit. */
async function inTime<T>(counted: Promise<T>): Promise<T> {
  const done = new AbortController();
  const late = delay(countLimitMs, undefined, { signal: done.signal }).then(() => {
    throw new DrydockError('unavailable', `no answer within ${countLimitMs / 1000} s`);
  });
  try {
    return await Promise.race([counted, late]);
  } finally {
    done.abort();
    late.catch(() => {});
    counted.catch(() => {});
  }
}
