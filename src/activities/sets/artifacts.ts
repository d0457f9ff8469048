import { copyFile, mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { BackupPlan } from '../../contracts/backup.ts';
import type { StoreContents } from '../../contracts/contents.ts';
import { Artifact, type Manifest, type StoreRecord } from '../../contracts/manifest.ts';
import type { RestorePlan } from '../../contracts/restore.ts';
import { readNote, writeNote } from '../../drivers/notes.ts';
import type { UploadCheckpoint } from '../../drivers/object-store/object-store.ts';
import { DrydockError } from '../../errors.ts';
import { fillTemplate, parseEnv } from '../../model/instance/env-file.ts';
import { inheritedValues } from '../../model/instance/inherited-values.ts';
import { artifactKey, sealedName } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { checkpoint, reportProgress, saveCheckpoint, signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance } from '../instance/instances.ts';
import { verifyStored } from './stored-artifacts.ts';
import { type CapturedFile, type CheckedStore, stagingOf } from './stores.ts';

/** Pseudo store for artifacts of a set that belong to no store: `.env` and the record of the instance. */
export const instanceArtifacts = 'instance';

/** What the earlier steps of a backup found out. */
interface SetParts {
  /** Absent if no barrier was raised. */
  barrier?: { from: string; to: string };
  stores: StoreRecord[];
  artifacts: Artifact[];
  checks: CheckedStore[];
}

/** Written into every manifest; a test compares it with package.json. */
export const drydockVersion = '0.1.0';

const Uploads = z.record(z.string(), z.object({ uploadId: z.string(), partSizeBytes: z.number(), sha256: z.string() }));

/** Steps on files on their way between staging and the object store. */
export function createArtifactActivities(drivers: HostDrivers) {
  const { directories, objects, seal } = drivers;

  return {
    /** Copies the instance's record, and `.env` when the set is encrypted, into staging. */
    async captureEnvironment({ plan }: Fenced<{ plan: BackupPlan }>): Promise<CapturedFile[]> {
      const directory = await directories.makeDirectory(plan.instance, stagingOf(plan, instanceArtifacts));
      const names = ['.drydock/instance.json', ...(plan.recipients.length > 0 ? ['.env'] : [])];
      const files = names.map((name) => ({ from: name, name: name.replace(/^.*\//, '').replace(/^\./, '') }));
      for (const file of files) await copyFile(directories.path(plan.instance, file.from), join(directory, file.name));
      return files.map(({ name }) => ({ name, compressed: false }));
    },

    /** Compresses and encrypts a store's files. The sources stay until staging is discarded: they are being checked. */
    async sealArtifacts(step: Fenced<{ plan: BackupPlan; store: string; files: CapturedFile[] }>): Promise<Artifact[]> {
      const { plan, store, files } = step;
      const source = directories.path(plan.instance, stagingOf(plan, store));
      const target = directories.path(plan.instance, sealedOf(plan, store));
      await mkdir(target, { recursive: true });
      const artifacts: Artifact[] = [];
      for (const file of files) artifacts.push(await sealOne(plan, store, file, source, target));
      return artifacts;
    },

    /** Uploads sealed files in parts; a later attempt goes on with the parts that are already there. */
    async uploadArtifacts({
      plan,
      artifacts,
    }: Fenced<{ plan: BackupPlan; store: string; artifacts: Artifact[] }>): Promise<void> {
      const uploads: Record<string, UploadCheckpoint> = checkpoint(Uploads) ?? {};
      const total = artifacts.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);
      let before = 0;
      for (const artifact of artifacts) {
        await objects.uploadFile(artifact.key, sealedPath(plan, artifact), {
          sha256: artifact.stored.sha256,
          signal: signalOfStep(),
          resume: uploads[artifact.key],
          onCheckpoint: (point) => saveCheckpoint({ ...Object.assign(uploads, { [artifact.key]: point }) }),
          onProgress: (done) => reportProgress({ done: before + done, total }),
        });
        before += artifact.stored.sizeBytes;
      }
    },

    /** Reads every byte back and compares size and digest. */
    async readBackArtifacts({ artifacts }: Fenced<{ store: string; artifacts: Artifact[] }>): Promise<void> {
      await verifyStored(objects, seal, artifacts);
    },

    /** Describes the manifest of a complete set, which a restore will compare with. The next step commits it. */
    async describeSet(step: Fenced<{ plan: BackupPlan } & SetParts>): Promise<Manifest> {
      const { plan, barrier, artifacts } = step;
      const { set, instance, id, host, reason, createdAt, blueprint, images, leftOut, recipients, withoutStores } =
        plan;
      const encryption = recipients.length === 0 ? { kind: 'none' as const } : { kind: 'age' as const, recipients };
      const tools = {
        drydock: drydockVersion,
        ...(await seal.tools()),
        docker: (await drivers.containers.engine()).version,
      };
      const facts = { set, instance, id, host, reason, createdAt, blueprint, images, leftOut, encryption };
      const extent = {
        barrier,
        withoutStores,
      };
      const stores = step.stores.map((record) => ({ ...record, contents: heldBy(record, step) }));
      const checks = step.checks.map(({ store, tool, result }) => ({ store, tool, result }));
      return { format: 'drydock-set/1', ...facts, ...extent, stores, artifacts, checks, tools };
    },

    /** Downloads and unseals a store's artifacts into staging; keeps those that an earlier attempt finished. */
    async fetchArtifacts({ plan, store }: Fenced<{ plan: RestorePlan; store: string }>): Promise<void> {
      const directory = await directories.makeDirectory(plan.instance, stagingOf(plan, store));
      const artifacts = plan.artifacts.filter((artifact) => artifact.store === store);
      const total = artifacts.reduce((sum, { stored }) => sum + stored.sizeBytes, 0);
      let before = 0;
      for (const artifact of artifacts) {
        const target = join(directory, artifact.name);
        // A file has this name only after both digests were right.
        const there = await stat(target).catch(() => undefined);
        if (there?.size !== artifact.source.sizeBytes) {
          const { body } = await objects.read(artifact.key, signalOfStep());
          await seal.unseal(body, target, artifact, {
            signal: signalOfStep(),
            onProgress: (done) => reportProgress({ done: before + done, total }),
          });
        }
        before += artifact.stored.sizeBytes;
      }
    },

    /** Gives a new instance the values of the set's `.env`, except ports, images and values it must not share. */
    async inheritEnvironment({ plan, given }: Fenced<{ plan: RestorePlan; given: string[] }>): Promise<void> {
      const artifact = plan.artifacts.find(({ store, name }) => store === instanceArtifacts && name === 'env');
      if (artifact === undefined) return; // An unencrypted set has no `.env`, and its manifest says so.
      const local = await openInstance(directories, plan.instance);
      const fetched = `${stagingOf(plan, instanceArtifacts)}/${artifact.name}`;
      const inherited = parseEnv((await directories.read(plan.instance, fetched)) ?? '');
      const sameName = plan.source.instance === plan.instance;
      const values = inheritedValues(local.blueprint, local.env, inherited, {
        kind: sameName ? 'replacement' : 'copy',
        given,
      });
      const template = (await directories.read(plan.instance, 'blueprint/.env.template')) ?? '';
      await directories.write(plan.instance, '.env', fillTemplate(template, values), 0o600);
    },

    /** Removes everything a procedure wrote to staging. */
    async discardStaging({ plan }: Fenced<{ plan: { instance: string; staging: string } }>): Promise<void> {
      await directories.removePath(plan.instance, `.drydock/staging/${plan.staging}`);
    },
  };

  async function sealOne(
    plan: BackupPlan,
    store: string,
    file: CapturedFile,
    source: string,
    target: string,
  ): Promise<Artifact> {
    const compression = file.compressed ? 'none' : 'zstd';
    const encryption = plan.recipients.length > 0 ? 'age' : 'none';
    const name = sealedName(file.name, { compression, encryption });
    const note = directories.path(plan.instance, sealedOf(plan, store), `${name}.json`);
    // Written after the sealed file is whole: an attempt that finds this note has nothing left to do.
    const done = await readNote(note, Artifact);
    if (done !== undefined) return done;
    const sealed = await seal.seal(join(source, file.name), join(target, name), {
      compression,
      signal: signalOfStep(),
      onProgress: (bytes) => reportProgress({ done: bytes }),
    });
    const artifact = Artifact.parse({
      store,
      name: file.name,
      key: artifactKey(plan, plan.set, store, name),
      ...sealed,
      compression,
      encryption,
    });
    await writeNote(note, artifact);
    return artifact;
  }

  function sealedPath(plan: BackupPlan, artifact: Artifact): string {
    const name = artifact.key.slice(artifact.key.lastIndexOf('/') + 1);
    return directories.path(plan.instance, sealedOf(plan, artifact.store), name);
  }
}

/** Directory of one store's sealed files and of a note on each whole file, relative to the instance. */
function sealedOf(plan: BackupPlan, store: string): string {
  return `.drydock/staging/${plan.staging}/sealed/${store}`;
}

/** Counts from the artifacts, or else from the store before its capture, which are the same if nothing was written. */
function heldBy({ store, contents }: StoreRecord, { plan, checks }: { plan: BackupPlan } & SetParts): StoreContents {
  const counted = checks.find((check) => check.store === store)?.contents;
  if (counted !== undefined || plan.writes !== 'go on') return counted ?? contents;
  throw new DrydockError(
    'refused',
    `describe the capture of ${store} of ${plan.instance}: the store was written meanwhile, and its tool does not count the capture`,
    { next: `take a whole set with \`drydock backup ${plan.instance}\`` },
  );
}
