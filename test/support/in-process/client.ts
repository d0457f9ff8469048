import { type WithStartWorkflowOperation, WorkflowNotFoundError } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import type { RunHandle, Runs } from '../temporal.ts';
import type { InProcess } from './engine.ts';
import type { MemoryRun } from './run.ts';

/** The part of a Temporal client that tests and activities use, for runs in memory. */
export interface MemoryRuns extends Runs {
  executeUpdateWithStart(name: string, options: UpdateWithStart): Promise<unknown>;
  /** Open runs; of one type if the query says so. */
  list(options?: { query?: string }): AsyncIterable<object>;
}

interface UpdateWithStart {
  readonly startWorkflowOperation: Pick<WithStartWorkflowOperation<Workflow>, 'workflowTypeOrFunc' | 'options'>;
  readonly args: readonly unknown[];
}

export function memoryRuns(engine: InProcess): MemoryRuns {
  const start: Runs['start'] = async (type, { taskQueue, workflowId, args = [], memo }) => {
    const run = engine.begin({ type, taskQueue, workflowId, memo }, args);
    return { ...handleOf(() => run.latest, workflowId), firstExecutionRunId: run.run.runId };
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
    async executeUpdateWithStart(name, { startWorkflowOperation, args }) {
      const { workflowTypeOrFunc: type, options } = startWorkflowOperation;
      const { workflowId } = options;
      const { taskQueue, args: given = [] } = options;
      if (engine.find(workflowId)?.isOpen !== true)
        await start(String(type), { taskQueue, workflowId, args: [...given] });
      return getHandle(workflowId).executeUpdate(name, { args: [args[0]] });
    },
    async *list({ query = '' } = {}) {
      const [, type] = /WorkflowType='(\w+)' AND/.exec(query) ?? [];
      for (const run of engine.runs) if (run.isOpen && [undefined, run.type].includes(type)) yield descriptionOf(run);
    },
  };

  function handleOf(run: () => MemoryRun, workflowId: string): RunHandle {
    const open = () => {
      const found = run();
      if (found.isOpen) return found;
      throw new WorkflowNotFoundError('workflow execution already completed', workflowId, found.run.runId);
    };
    return {
      workflowId,
      result: async () => engine.leaping(run().result),
      cancel: async () => run().cancel(),
      terminate: async () => run().terminate(),
      signal: async (name, payload) => open().messages.signal(name, payload),
      async query<Answer>(name: string) {
        await engine.atRest();
        return run().messages.query(name) as Answer;
      },
      async executeUpdate(name, { args: [payload] } = { args: [undefined] }) {
        const answer = await open().messages.update(name, payload);
        await engine.atRest();
        return answer;
      },
      describe: async () => descriptionOf(run()),
    };
  }
}

function descriptionOf({ type, run, status, attributes, start, closedAt: closeTime }: MemoryRun) {
  const searchAttributes = Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, [value]]));
  const { workflowId, runId, startedAt: startTime } = run;
  const { memo } = start;
  return { type, workflowId, runId, startTime, closeTime, status: { name: status }, searchAttributes, memo };
}
