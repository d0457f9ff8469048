import { z } from 'zod';
import type { Migration } from '../../contracts/blueprint.ts';
import { type Generation, Instant, Sha256 } from '../../contracts/ids.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { readNote, writeNote } from '../../drivers/notes.ts';
import { DrydockError } from '../../errors.ts';
import { colouredService } from '../../model/instance/names.ts';
import { scriptOf } from '../../stores/kinds.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { hashOf } from '../attempt/hash.ts';
import { reportProgress, signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { type LocalInstance, openRelease } from '../instance/instances.ts';
import { builtProject, releaseProject } from '../instance/projects.ts';
import { migrationsFile, openRunning, type Place } from '../instance/store-locations.ts';

const Finished = z.array(z.strictObject({ name: z.string(), digest: Sha256, at: Instant }));

/** Names of the migrations that have finished on a generation, in order. */
export async function finishedMigrations(
  directories: InstanceDirectories,
  instance: string,
  generation: number,
): Promise<string[]> {
  return (await readFinished(directories, instance, generation)).map(({ name }) => name);
}

/** Steps that change the data of an instance for another release. */
export function createMigrationActivities(drivers: HostDrivers) {
  const { directories, compose } = drivers;

  return {
    /**
     * Runs one migration on the stores of a generation, serving or a copy being built, and notes that it has finished.
     * `migration-failed` when the migration itself fails: it is not tried again, since clients wait to write meanwhile.
     */
    async migrate(
      step: Fenced<{ plan: UpgradePlan; migration: Migration; generation: Generation }>,
    ): Promise<{ outcome: 'done' | 'already-done' }> {
      const { plan, migration, generation } = step;
      const { instance } = plan;
      const local = await openRelease(directories, instance, plan.to.colour);
      const text = await textOf(local, migration);
      const digest = hashOf({ migration, text });
      const finished = await readFinished(directories, instance, generation);
      const earlier = finished.find(({ name }) => name === migration.name);
      if (earlier?.digest === digest) return { outcome: 'already-done' };
      if (earlier !== undefined) {
        throw new DrydockError(
          'refused',
          `migrate ${instance}: another migration named ${migration.name} ran on ${earlier.at}`,
          {
            next: 'a migration never changes once it was published; give the new one a name of its own',
          },
        );
      }
      const serving = (await directories.record(instance)).generation === generation;
      await run(local, migration, text, { generation, beside: !serving }).catch((error: unknown) => {
        if (!(error instanceof DrydockError) || error.code !== 'tool-failed') throw error;
        throw new DrydockError('migration-failed', `migrate ${instance} by ${migration.name}: ${error.message}`, {
          cause: error,
        });
      });
      const list = [...finished, { name: migration.name, digest, at: new Date().toISOString() }];
      await writeNote(directories.path(instance, migrationsFile(generation)), list);
      return { outcome: 'done' };
    },
  };

  async function run(local: LocalInstance, migration: Migration, text: string, place: Place): Promise<void> {
    const { record } = local;
    reportProgress({ what: migration.name });
    if ('command' in migration) {
      const service = colouredService(migration.service, record.colour);
      const project = place.beside
        ? builtProject(directories, record, place.generation)
        : releaseProject(directories, record, record.colour);
      return compose.run(project, { service, command: migration.command }, signalOfStep());
    }
    const open = await openRunning(drivers, local, migration.store, place);
    return open.migrate(text, ({ done, total }) => report(migration.name, done, total), signalOfStep());
  }

  /** Text of a migration's file in the blueprint pinned with its release. */
  async function textOf({ record, files }: LocalInstance, migration: Migration): Promise<string> {
    const file = scriptOf(migration)?.file;
    if (file === undefined) return '';
    const text = await directories.read(record.instance, `${files}blueprint/${file}`);
    if (text !== undefined) return text;
    throw new DrydockError('not-found', `migrate ${record.instance}: the blueprint has no file ${file}`);
  }
}

/** Reports progress in requests: migrations do not count bytes. */
function report(what: string, done: number, total: number | undefined): void {
  reportProgress({ what: total === undefined ? what : `${what}: ${done} of ${total} requests` });
}

async function readFinished(
  directories: InstanceDirectories,
  instance: string,
  generation: number,
): Promise<z.infer<typeof Finished>> {
  return (await readNote(directories.path(instance, migrationsFile(generation)), Finished)) ?? [];
}
