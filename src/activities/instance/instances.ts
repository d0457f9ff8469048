import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { parse } from 'yaml';
import type { BackupPlan } from '../../contracts/backup.ts';
import { Blueprint, type BlueprintPush, StoredBlueprint } from '../../contracts/blueprint.ts';
import type { DrillPlan } from '../../contracts/drill.ts';
import type { Colour } from '../../contracts/ids.ts';
import type { InstanceRecord } from '../../contracts/instance-record.ts';
import type { DrillTerms, RestorePlan } from '../../contracts/restore.ts';
import type { InstanceDirectories } from '../../drivers/instance-directory/instance-directory.ts';
import { absent } from '../../drivers/notes.ts';
import type { ObjectStore } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { type BlueprintFiles, trustedBlueprint } from '../../model/check/check-blueprint.ts';
import { parseEnv } from '../../model/instance/env-file.ts';
import { blueprintKey, releaseDirectory } from '../../model/instance/names.ts';
import { drillRelease } from './projects.ts';
import { readReleaseNote } from './release-notes.ts';

/** A release of an instance as it lies on its host. `env` holds secrets and stays in this process. */
export interface LocalInstance {
  /** For a release that does not serve: the record with that release's blueprint and colour. */
  record: InstanceRecord;
  blueprint: Blueprint;
  env: Readonly<Record<string, string>>;
  directory: string;
  /** Where `blueprint/` and `.env` lie below the directory, with a slash at its end; empty for the serving release. */
  files: string;
  /** For a drill: the limits of its containers. */
  terms?: DrillTerms;
}

/** Reads the serving release of an instance; `not-found` lists the instances there are. */
export async function openInstance(directories: InstanceDirectories, instance: string): Promise<LocalInstance> {
  const record = await directories.record(instance);
  const local = await readRelease(directories, record);
  if (local !== undefined) return local;
  throw new DrydockError(
    'not-found',
    `open instance ${instance} in ${directories.path(instance)}: blueprint or .env is missing`,
    {
      next: 'restore the directory from a set, or decommission the instance',
    },
  );
}

/** Reads the release of a colour: the serving, candidate or previous release. */
export async function openRelease(
  directories: InstanceDirectories,
  instance: string,
  colour: Colour,
): Promise<LocalInstance> {
  const record = await directories.record(instance);
  const note = record.colour === colour ? undefined : await readReleaseNote(directories, instance, colour);
  const known = record.colour === colour || note !== undefined;
  const blueprint = note?.own.blueprint ?? record.blueprint;
  const local = known ? await readRelease(directories, { ...record, blueprint, colour }) : undefined;
  if (local !== undefined) return local;
  throw new DrydockError(
    'not-found',
    `open the ${colour} release of ${instance}: no such release exists beside the serving release`,
    {
      next: 'see which releases an instance has with `drydock status`',
    },
  );
}

/** The release whose stores a plan is about: the serving release, or the one that a generation is built for. */
export async function openFor(
  directories: InstanceDirectories,
  plan: BackupPlan | RestorePlan,
): Promise<LocalInstance> {
  if (!('purpose' in plan)) return openInstance(directories, plan.instance);
  const { purpose } = plan;
  switch (purpose.kind) {
    case 'serve':
      return openInstance(directories, plan.instance);
    case 'copy':
      return openRelease(directories, plan.instance, purpose.release);
    case 'drill':
      return openDrill(directories, { ...plan, purpose });
  }
}

/** The release of a drill: the set's blueprint and `.env`, as they were written for the drill. */
export async function openDrill(
  directories: InstanceDirectories,
  plan: Pick<DrillPlan, 'instance' | 'purpose' | 'toGeneration' | 'blueprint'>,
): Promise<LocalInstance> {
  const { instance, toGeneration } = plan;
  const record = { ...(await directories.record(instance)), blueprint: plan.blueprint };
  const files = `${drillRelease(toGeneration)}/`;
  const contract = await directories.read(instance, `${files}blueprint/blueprint.yaml`);
  const env = await directories.read(instance, `${files}.env`);
  if (contract === undefined || env === undefined) {
    throw new DrydockError('not-found', `open the drill of ${instance} on generation ${toGeneration}: no files there`);
  }
  const blueprint = Blueprint.parse(parse(contract));
  return {
    record,
    blueprint,
    env: parseEnv(env),
    directory: directories.path(instance),
    files,
    terms: plan.purpose.terms,
  };
}

/** While two releases change places each file lies in one of two places; the release's own directory is read first. */
async function readRelease(
  directories: InstanceDirectories,
  record: InstanceRecord,
): Promise<LocalInstance | undefined> {
  const { instance } = record;
  const places = [`${releaseDirectory(record.colour)}/`, ''];
  const read = async (file: string) => {
    for (const place of places) {
      const text = await directories.read(instance, `${place}${file}`);
      if (text !== undefined) return { place, text };
    }
    return undefined;
  };
  const [contract, env] = [await read('blueprint/blueprint.yaml'), await read('.env')];
  if (contract === undefined || env === undefined) return undefined;
  const blueprint = Blueprint.parse(parse(contract.text));
  return { record, blueprint, env: parseEnv(env.text), directory: directories.path(instance), files: contract.place };
}

/** A pushed blueprint with its files as text; `not-found` lists the versions there are. */
export async function fetchBlueprint(
  objects: ObjectStore,
  ref: string,
): Promise<{ stored: StoredBlueprint; files: BlueprintFiles; blueprint: Blueprint }> {
  const text = await objects.getText(blueprintKey(ref));
  if (text === undefined) {
    const known = await blueprintRefs(objects);
    throw new DrydockError('not-found', `look for blueprint ${ref}: it was never pushed`, {
      next: known.length === 0 ? 'push it with `drydock blueprint push DIR`' : `pushed are ${known.join(', ')}`,
    });
  }
  const stored = StoredBlueprint.parse(JSON.parse(text));
  const files = filesOf(stored);
  return { stored, files, blueprint: trustedBlueprint(files) };
}

/** The files of a blueprint as text. */
export function filesOf({ files }: BlueprintPush): BlueprintFiles {
  const texts = Object.entries(files).map(([path, content]) => [path, Buffer.from(content, 'base64').toString('utf8')]);
  return Object.fromEntries(texts);
}

/** Every pushed blueprint, such as `osmose@1.0.0` of the object `blueprints/osmose/1.0.0.json`. */
export async function blueprintRefs(objects: ObjectStore): Promise<string[]> {
  const parts = await Array.fromAsync(objects.list('blueprints/'), ({ key }) => key.replace(/\.json$/, '').split('/'));
  return parts.map(([, name, version]) => `${name}@${version}`).sort();
}

/** Every file below a directory as text, by relative path. */
export async function readTree(directory: string): Promise<BlueprintFiles> {
  const files = await filesBelow(directory);
  return Object.fromEntries(
    await Promise.all(files.map(async (file) => [file, await readFile(join(directory, file), 'utf8')])),
  );
}

/** Relative paths of every file below a directory; none if the directory does not exist. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(absent([]));
  const files = entries.filter((entry) => entry.isFile());
  return files.map((entry) => relative(directory, join(entry.parentPath, entry.name)));
}
