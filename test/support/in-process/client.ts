import { WorkflowNotFoundError } from '@temporalio/client';
import type { RunHandle, Runs } from '../temporal.ts';
import type { InProcess } from './engine.ts';
import type { MemoryRun } from './run.ts';

/** What tests and activities ask of a client of Temporal, for runs in memory. */
export function memoryRuns(engine: InProcess): Runs & { list(): AsyncIterable<object> } {
  const start: Runs['start'] = async (type, { taskQueue, workflowId, args = [] }) => {
    const run = engine.begin({ type, taskQueue, workflowId }, args);
    return { ...handleOf(() => run, workflowId), firstExecutionRunId: run.run.runId };
  };
  const getHandle: Runs['getHandle'] = (workflowId, runId) => {
    const found = () => {
      const run = engine.find(workflowId, runId);
      if (run === undefined) throw new WorkflowNotFoundError('workflow not found', workflowId, runId);
      return run;
    };
    return handleOf(found, workflowId);
  };
  return {
    start,
    getHandle,
    execute: async (type, options) => (await start(type, options)).result(),
    async *list() {
      for (const run of engine.runs) if (run.isOpen) yield descriptionOf(run);
    },
  };

  function handleOf(run: () => MemoryRun, workflowId: string): RunHandle {
    return {
      workflowId,
      result: async () => engine.leaping(run().result),
      cancel: async () => run().cancel(),
      terminate: async () => run().terminate(),
      signal: async (name, payload) => run().signal(name, payload),
      query: async <Answer>(name: string) => (await run().query(name)) as Answer,
      executeUpdate: async (name, { args }) => run().update(name, args[0]),
      describe: async () => descriptionOf(run()),
    };
  }
}

function descriptionOf({ type, run, status, attributes }: MemoryRun) {
  const searchAttributes = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, [value]]));
  const { workflowId, runId, startedAt: startTime } = run;
  return { type, workflowId, runId, startTime, status: { name: status }, searchAttributes };
}
