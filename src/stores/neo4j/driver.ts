import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { lendArtifact, reportingGrowth, withWorkDirectory } from '../artifact-files.ts';
import type { Neo4jStore, RunningService, ServiceTools } from '../store.ts';
import { bytesUsed, type PreparedTool, refuseVolumeInUse, versionInImage } from '../tools.ts';
import { createNeo4jAdmin, dumpedDatabase, refuseOtherFormats } from './admin.ts';
import { cypherStatements, query, scalar } from './cypher.ts';
import { startServer, whileStopped } from './downtime.ts';
import { awaitIndexes, countGraph } from './graph.ts';
import { countOldNodes, deleteOldNodes } from './old-nodes.ts';

const indexLimitSeconds = 600;

/**
 * Neo4j Community. It can only be dumped while it is stopped, so the stop is kept short: where the file system clones
 * files, the store is cloned while stopped and the clone is dumped afterwards; elsewhere it is dumped while stopped.
 */
export function createNeo4jStore(runtime: ContainerRuntime): Neo4jStore {
  const admin = createNeo4jAdmin(runtime);

  return {
    kind: 'neo4j',
    contents: countGraph,

    async recover(at, signal) {
      const view = await runtime.container(at.container);
      if (view?.state === 'running') return;
      await admin.removeLeftOver(at, signal);
      await startServer(runtime, at);
      await runtime.removeVolume(copyVolume(at), at.labels);
    },

    async version(at) {
      const text = 'CALL dbms.components() YIELD versions RETURN versions[0] AS version';
      const [rows] = await query(at, 'read', [{ text }]);
      return String(rows?.[0]?.['version']);
    },

    engineVersion: (at) => versionInImage(runtime, at, ['neo4j-admin', '--version']),

    async captureSpace(at) {
      const paths = [`/data/databases/${at.database}`, `/data/transactions/${at.database}`];
      const sizeBytes = await bytesUsed(runtime, at, paths);
      return { stagingBytes: 2 * sizeBytes, storeBytes: sizeBytes };
    },

    async capture(at, directory, report, signal) {
      signal.throwIfAborted();
      await refuseWrongCredentials(runtime, at);
      const name = `${at.database}.dump`;
      const unavailableMs = await withWorkDirectory(directory, async (to) => {
        const prepareDump = (volume: string) => admin.prepareDump(at, { volume, database: at.database, to }, signal);
        const run = (dump: PreparedTool) => reportingGrowth(join(to, name), report, () => dump.run());
        const dumpOf = async (volume: string) => {
          await using dump = await prepareDump(volume);
          await run(dump);
        };
        const downMs = await withCopyVolume(runtime, at, async (copy) => {
          if (!(await admin.canClone(at, copy, signal))) {
            await using dump = await prepareDump(at.volume);
            return await whileStopped(runtime, at, () => run(dump));
          }
          let cloned = false;
          const downMs = await whileStopped(runtime, at, async () => {
            cloned = await admin.clone(at, copy, signal);
            if (!cloned) await dumpOf(at.volume);
          });
          if (cloned) await dumpOf(copy);
          return downMs;
        });
        await rename(join(to, name), join(directory, name));
        return downMs;
      });
      return { files: [{ name, compressed: true }], unavailableMs };
    },

    async check(at, directory, _report, signal) {
      const database = await dumpedDatabase(directory);
      await refuseOtherFormats(directory, `${database}.dump`);
      const result = await withWorkDirectory(directory, async (work) => {
        const from = await lendArtifact(directory, `${database}.dump`, work);
        return admin.check(at, { database, from, work }, signal);
      });
      return { tool: 'neo4j-admin database check', result };
    },

    async load(at, directory, _report, signal) {
      const database = await dumpedDatabase(directory);
      await refuseOtherFormats(directory, `${database}.dump`);
      await refuseVolumeInUse(runtime, at);
      await withWorkDirectory(directory, async (work) => {
        const from = await lendArtifact(directory, `${database}.dump`, work);
        await admin.load(at, { database, from }, signal);
      });
    },

    loadRunning: (at) => awaitIndexes(at, indexLimitSeconds),

    async runCypher(at, script, signal) {
      const statements = cypherStatements(script).map((text) => ({ text }));
      await query(at, 'write', statements, signal);
    },
    scalar: (at, text, parameters = {}) => scalar(at, 'read', { text, parameters }),
    change: (at, text, parameters = {}) => scalar(at, 'write', { text, parameters }),
    awaitIndexes,
    countOldNodes,
    deleteOldNodes,
  };
}

/** Before the server is stopped for us. One that an earlier, killed try left stopped cannot be asked. */
async function refuseWrongCredentials(runtime: ContainerRuntime, at: RunningService): Promise<void> {
  const view = await runtime.container(at.container);
  if (view?.state === 'running') await query(at, 'read', [{ text: 'RETURN 1' }]);
}

/** A volume for a copy of the store, empty or with an earlier try's copy. */
async function withCopyVolume<T>(
  runtime: ContainerRuntime,
  at: ServiceTools,
  act: (volume: string) => Promise<T>,
): Promise<T> {
  const volume = copyVolume(at);
  await runtime.createVolume(volume, at.labels);
  try {
    return await act(volume);
  } finally {
    await runtime.removeVolume(volume, at.labels);
  }
}

function copyVolume(at: ServiceTools): string {
  return `${at.namePrefix}-copy`;
}
