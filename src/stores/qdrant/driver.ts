import { join } from 'node:path';
import { z } from 'zod';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { isThere } from '../../drivers/notes.ts';
import { rejectingWithReason } from '../abort.ts';
import { noView, readJsonArtifact } from '../artifact-files.ts';
import type { DriverOf, ServiceTools } from '../store.ts';
import { bytesUsed, mustRun, refuseVolumeInUse, versionInImage } from '../tools.ts';
import { applyCollections, CollectionsDefinition, countVectors, pointAliases, waitUntilGreen } from './collections.ts';
import { createQdrantHttp, QdrantRequest, type VectorService } from './http.ts';
import {
  Aliases,
  artifactNames,
  captureCollections,
  checkSnapshots,
  freezeCollections,
  recoverSnapshot,
  Snapshots,
  thawCollections,
} from './snapshots.ts';
import { awaitVacuum, collectionSpaces, setVacuum, vacuumOf } from './vacuum.ts';

const storage = '/qdrant/storage';

/**
 * Qdrant is frozen while it serves, by one snapshot of each collection, which is fetched and then removed. Snapshots
 * hold no aliases, so these are kept beside them. Each snapshot shows a moment of its own.
 */
export function createQdrantStore(runtime: ContainerRuntime): DriverOf<'qdrant', ServiceTools, VectorService> {
  return {
    kind: 'qdrant',
    async recover() {},
    contents: countVectors,

    async init(at, text) {
      await applyCollections(at, CollectionsDefinition.parse(JSON.parse(text)));
    },

    async migrate(at, text, report, signal) {
      const http = createQdrantHttp(at);
      const requests = z.array(QdrantRequest).parse(JSON.parse(text));
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

    /** Snapshots of all collections, and one under construction in a temporary directory before it is archived. */
    async captureSpace(at) {
      const sizeBytes = await bytesUsed(runtime, at, [storage]);
      return { stagingBytes: sizeBytes, storeBytes: 2 * sizeBytes };
    },

    async freeze(at, directory, _report, signal) {
      await freezeCollections(createQdrantHttp(at), directory, signal);
      return { unavailableMs: 0 };
    },

    async capture(at, directory, report, signal) {
      const http = createQdrantHttp(at);
      await captureCollections(http, directory, report, signal);
      if (!(await isThere(join(directory, artifactNames.snapshots)))) throw noView(at);
      await thawCollections(http, directory);
      const { collections } = await readJsonArtifact(directory, artifactNames.snapshots, Snapshots);
      const files = [...Object.values(collections).map(({ file }) => file), ...Object.values(artifactNames)];
      return { files: files.map((name) => ({ name, compressed: false })) };
    },

    thaw: (at, directory) => thawCollections(createQdrantHttp(at), directory),

    async check(_at, directory, report, signal) {
      const result = await checkSnapshots(directory, report, signal);
      return { tool: 'sha256 and tar', result };
    },

    /** Snapshots can only be loaded into a running server: this call only empties the volume. */
    async load(at, directory, _report, signal) {
      await readJsonArtifact(directory, artifactNames.snapshots, Snapshots);
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
      const { collections } = await readJsonArtifact(directory, artifactNames.snapshots, Snapshots);
      const wanted = await readJsonArtifact(directory, artifactNames.aliases, Aliases);
      const total = Object.values(collections).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      let doneBefore = 0;
      for (const [name, { file, sha256, sizeBytes }] of Object.entries(collections)) {
        const from = { path: join(directory, file), sha256 };
        const add = ({ done }: { done: number }) => report({ done: doneBefore + done, total });
        await recoverSnapshot(http, name, from, add, signal);
        await waitUntilGreen(at, name, signal);
        doneBefore += sizeBytes;
      }
      await pointAliases(http, wanted);
    },
  };
}
