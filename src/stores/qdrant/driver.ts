import { join } from 'node:path';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { rejectingWithReason } from '../abort.ts';
import { readJsonArtifact, writeJsonArtifact } from '../artifact-files.ts';
import type { QdrantStore } from '../store.ts';
import { bytesUsed, mustRun, refuseVolumeInUse, versionInImage } from '../tools.ts';
import {
  aliases,
  applyCollections,
  collectionInfo,
  collectionNames,
  countVectors,
  pointAliases,
  waitUntilGreen,
} from './collections.ts';
import { createQdrantHttp } from './http.ts';
import * as snapshots from './snapshots.ts';
import { awaitVacuum, collectionSpaces, setVacuum, vacuumOf } from './vacuum.ts';

const { artifactNames } = snapshots;
const storage = '/qdrant/storage';

/**
 * Qdrant is captured while it serves: one snapshot of each collection, made, fetched and removed again. Snapshots hold
 * no aliases, so these are kept beside them. Snapshots of different collections are not of the same moment.
 */
export function createQdrantStore(runtime: ContainerRuntime): QdrantStore {
  return {
    kind: 'qdrant',
    async recover() {},
    contents: countVectors,
    applyCollections,

    async apply(at, requests, report, signal) {
      const http = createQdrantHttp(at);
      for (const [index, request] of requests.entries()) {
        await rejectingWithReason(signal, () => http.request(request, signal));
        report({ done: index + 1, total: requests.length });
      }
    },

    space: (at, dueShare) => collectionSpaces(runtime, at, dueShare),
    vacuum: vacuumOf,
    setVacuum,
    awaitVacuum,

    version: (at) => createQdrantHttp(at).version(),
    engineVersion: (at) => versionInImage(runtime, at, ['./qdrant', '--version']),

    /** A snapshot is put together in a temporary directory and then archived beside it. */
    async captureSpace(at) {
      const sizeBytes = await bytesUsed(runtime, at, [storage]);
      return { stagingBytes: sizeBytes, storeBytes: 2 * sizeBytes };
    },

    async capture(at, directory, report, signal) {
      const http = createQdrantHttp(at);
      const names = await collectionNames(http);
      const taken: snapshots.Snapshots = { collections: {} };
      const configurations: Record<string, unknown> = {};
      await snapshots.withOwnSnapshots(http, names, directory, async (remove) => {
        let doneBefore = 0;
        for (const name of names) {
          configurations[name] = await collectionInfo(http, name);
          const add = ({ done }: { done: number }) => report({ done: doneBefore + done });
          const snapshot = await snapshots.takeSnapshot(http, name, directory, add, signal);
          await remove(name);
          taken.collections[name] = snapshot;
          doneBefore += snapshot.sizeBytes;
        }
      });
      await writeJsonArtifact(directory, artifactNames.aliases, await aliases(http));
      await writeJsonArtifact(directory, artifactNames.collections, configurations);
      await writeJsonArtifact(directory, artifactNames.snapshots, taken);
      const files = [...Object.values(taken.collections).map(({ file }) => file), ...Object.values(artifactNames)];
      return { files: files.map((name) => ({ name, compressed: false })), unavailableMs: 0 };
    },

    async check(_at, directory, report, signal) {
      const result = await snapshots.checkSnapshots(directory, report, signal);
      return { tool: 'sha256 and tar', result };
    },

    /** Snapshots can only be loaded into a running server: here the volume is only made empty. */
    async load(at, directory, _report, signal) {
      await readJsonArtifact(directory, artifactNames.snapshots, snapshots.Snapshots);
      await refuseVolumeInUse(runtime, at);
      await mustRun(
        runtime,
        at,
        {
          title: 'emptying the volume',
          entrypoint: ['find', storage, '-mindepth', '1', '-delete'],
          command: [],
          user: '0:0',
          mounts: [{ kind: 'volume', source: at.volume, target: storage, access: 'read-write' }],
        },
        signal,
      );
    },

    async loadRunning(at, directory, report, signal) {
      const http = createQdrantHttp(at);
      const { collections } = await readJsonArtifact(directory, artifactNames.snapshots, snapshots.Snapshots);
      const wanted = await readJsonArtifact(directory, artifactNames.aliases, snapshots.Aliases);
      const total = Object.values(collections).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      let doneBefore = 0;
      for (const [name, { file, sha256, sizeBytes }] of Object.entries(collections)) {
        const from = { path: join(directory, file), sha256 };
        const add = ({ done }: { done: number }) => report({ done: doneBefore + done, total });
        await snapshots.recoverSnapshot(http, name, from, add, signal);
        await waitUntilGreen(at, name, signal);
        doneBefore += sizeBytes;
      }
      await pointAliases(http, wanted);
    },
  };
}
