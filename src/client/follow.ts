import { setTimeout as pause } from 'node:timers/promises';
import type { Display } from './display.ts';
import { RunEnded } from './exit-codes.ts';
import type { Observation } from './observation.ts';
import { ProgressView } from './progress-view.ts';
import type { RunHandle } from './runs.ts';

interface FollowOptions {
  display: Display;
  /** Aborted by Ctrl-C: the command ends, the procedure goes on. */
  interrupt: AbortSignal;
  everyMs?: number;
}

/** Shows the progress of a run until it ends, and returns its report. */
export async function follow<Report>(run: RunHandle<Report>, options: FollowOptions): Promise<Report> {
  const ended = new AbortController();
  const result = run.result().finally(() => ended.abort());
  const watching = watch(run, options, ended.signal);
  try {
    const report = await Promise.race([result, interrupted(run, options.interrupt)]);
    await watching;
    return report;
  } finally {
    result.catch(() => {});
    ended.abort();
    // Ctrl-C ends at once; otherwise the last look may still add lines.
    if (!options.interrupt.aborted) await watching;
    options.display.close();
  }
}

async function watch(run: RunHandle<unknown>, options: FollowOptions, ended: AbortSignal): Promise<void> {
  const view = new ProgressView();
  for (let last = false; !last; ) {
    // One more look after the end, to show the last steps too.
    last = ended.aborted;
    const seen = await look(run);
    if (options.interrupt.aborted) return;
    for (const line of view.advance(seen)) options.display.line(line);
    options.display.current(view.current(seen, Date.now()));
    if (!last) await pause(options.everyMs ?? 700, undefined, { signal: ended }).catch(() => {});
  }
}

/** A failed look does not stop following: the wait for the result decides that. */
async function look(run: RunHandle<unknown>): Promise<Observation> {
  try {
    return await run.observe();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { steps: {}, obstacle: `${message}; still trying` };
  }
}

function interrupted(run: RunHandle<unknown>, interrupt: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const leave = () => reject(new RunEnded('detached', howToComeBack(run.workflowId)));
    if (interrupt.aborted) leave();
    interrupt.addEventListener('abort', leave, { once: true });
  });
}

export function howToComeBack(workflowId: string): string {
  return `${workflowId} goes on\n  → come back: drydock watch ${workflowId}\n  → stop and undo it: drydock cancel ${workflowId}`;
}
