import type { Context } from '../../src/client/context.ts';
import { run } from '../../src/client/main.ts';
import type { Operations } from '../../src/client/operations.ts';
import type { RunHandle } from '../../src/client/runs.ts';

export interface Spoken {
  exitCode: number;
  out: string;
  notes: string;
  asked: unknown[];
}

/** A run that has its result already. */
export function finished(report: unknown): RunHandle<never> {
  return {
    workflowId: 'a-run',
    result: async () => report as never,
    observe: async () => ({ steps: {} }),
    cancel: async () => {},
  };
}

export function failing(error: unknown): RunHandle<never> {
  return { ...finished(undefined), result: () => Promise.reject(error) };
}

/** Runs a command line against operations that note what they are asked and answer with the given run. */
export async function speak(
  args: string[],
  answer: RunHandle<never> = finished({}),
  context: Partial<Context> = {},
): Promise<Spoken> {
  const asked: unknown[] = [];
  const out: string[] = [];
  const notes: string[] = [];
  const operations = new Proxy({} as Operations, {
    get: (_, name) => {
      if (name === 'then') return undefined;
      if (name === 'close') return async () => {};
      if (name === 'run') return () => answer;
      return async (...given: unknown[]) => {
        asked.push({ [name]: given.length === 1 ? given[0] : given });
        return answer;
      };
    },
  });
  const exitCode = await run(args, {
    env: {},
    output: { out: (text) => out.push(text), note: (text) => notes.push(text), terminal: false },
    connect: async () => operations,
    onInterrupt: () => new AbortController().signal,
    ...context,
  });
  return { exitCode, out: out.join('\n'), notes: notes.join('\n'), asked };
}
