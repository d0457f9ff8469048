import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerRuntime } from '../../drivers/docker/container-runtime.ts';
import { isThere } from '../../drivers/notes.ts';
import { lendArtifact, noView, reportingGrowth, withWorkDirectory } from '../artifact-files.ts';
import type { DriverOf, Report, ServiceTools } from '../store.ts';
import { bytesUsed, refuseVolumeInUse, versionInImage } from '../tools.ts';
import { createNeo4jAdmin, dumpedDatabase, refuseOtherFormats } from './admin.ts';
import { cypherStatements, type GraphService, query, scalar } from './cypher.ts';
import { startServer, whileStopped } from './downtime.ts';
import { awaitIndexes, countGraph } from './graph.ts';
import { countOldNodes, deleteOldNodes } from './old-nodes.ts';

const indexLimitSeconds = 600;

/**
 * Neo4j Community. A dump needs a stopped server, so the stop is kept short: where the file system clones files, the
 * stopped store is cloned and the clone is dumped afterwards; elsewhere the stopped store is dumped.
 */
export function createNeo4jStore(runtime: ContainerRuntime): DriverOf<'neo4j', ServiceTools, GraphService> {
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
      const { database } = at.spec;
      const paths = [`/data/databases/${database}`, `/data/transactions/${database}`];
      const sizeBytes = await bytesUsed(runtime, at, paths);
      return { stagingBytes: 2 * sizeBytes, storeBytes: sizeBytes };
    },

    async freeze(at, directory, report, signal) {
      signal.throwIfAborted();
      await refuseWrongCredentials(runtime, at);
      await rm(join(directory, dumpOf(at)), { force: true });
      const [copy, work] = [copyVolume(at), { at, directory, report, signal }];
      await runtime.createVolume(copy, at.labels); // may hold an earlier try's copy
      let cloned = false;
      try {
        const unavailableMs = (await admin.canClone(at, copy, signal))
          ? await whileStopped(runtime, at, async () => {
              cloned = await admin.clone(at, copy, signal);
              if (!cloned) await withDump(work, at.volume, (dump) => dump());
            })
          : await withDump(work, at.volume, (dump) => whileStopped(runtime, at, dump));
        return { unavailableMs };
      } finally {
        if (!cloned) await runtime.removeVolume(copy, at.labels);
      }
    },

    async capture(at, directory, report, signal) {
      signal.throwIfAborted();
      const copy = copyVolume(at);
      const cloned = (await runtime.volume(copy)) !== undefined;
      if (cloned) await withDump({ at, directory, report, signal }, copy, (dump) => dump());
      if (!(await isThere(join(directory, dumpOf(at))))) throw noView(at);
      await runtime.removeVolume(copy, at.labels);
      return { files: [{ name: dumpOf(at), compressed: true }] };
    },

    async thaw(at, _directory, signal) {
      const copy = copyVolume(at);
      if ((await runtime.volume(copy)) === undefined) return;
      await admin.removeLeftOver(at, signal);
      await runtime.removeVolume(copy, at.labels);
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

    init: runScript,
    migrate: (at, text, _report, signal) => runScript(at, text, signal),
    ask: (at, text) => scalar(at, { text }),
    countOldNodes,
    deleteOldNodes,
  };

  /** Prepares a dump of a volume into the artifacts' directory; `act` decides when the dump runs. */
  async function withDump<T>(
    { at, directory, report, signal }: Work,
    volume: string,
    act: (dump: () => Promise<void>) => Promise<T>,
  ) {
    const { database } = at.spec;
    return withWorkDirectory(directory, async (to) => {
      await using dump = await admin.prepareDump(at, { volume, database, to }, signal);
      const result = await act(() => reportingGrowth(join(to, dumpOf(at)), report, () => dump.run()));
      await rename(join(to, dumpOf(at)), join(directory, dumpOf(at)));
      return result;
    });
  }
}

interface Work {
  at: GraphService;
  directory: string;
  report: Report;
  signal: AbortSignal;
}

function dumpOf({ spec }: GraphService): string {
  return `${spec.database}.dump`;
}

/** Runs the statements of a Cypher file, split at semicolons, one transaction each. */
async function runScript(at: GraphService, script: string, signal: AbortSignal): Promise<void> {
  const statements = cypherStatements(script).map((text) => ({ text }));
  await query(at, 'write', statements, signal);
}

/** Called before we stop the server. A server that an earlier, killed try left stopped cannot be asked. */
async function refuseWrongCredentials(runtime: ContainerRuntime, at: GraphService): Promise<void> {
  const view = await runtime.container(at.container);
  if (view?.state === 'running') await query(at, 'read', [{ text: 'RETURN 1' }]);
}

function copyVolume(at: ServiceTools): string {
  return `${at.namePrefix}-copy`;
}
