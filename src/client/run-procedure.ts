import { questions, type ReportOf, type RequestOf, type StartedType } from '../contracts/procedures.ts';
import { type Context, withOperations } from './context.ts';
import { type Display, displayFor } from './display.ts';
import { errorJson } from './error-json.ts';
import { exitCodeOf } from './exit-codes.ts';
import { follow, howToComeBack } from './follow.ts';
import type { Operations, Starts } from './operations.ts';
import type { RunHandle } from './runs.ts';
import { describeReport } from './words/reports.ts';

export interface ProcedureOptions {
  detach?: boolean;
  json?: boolean;
}

/** An error already printed; only its exit code is still to be returned. */
export class Reported extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('already reported');
    this.exitCode = exitCode;
  }
}

/** One procedure to start. */
interface Call<Type extends StartedType> {
  type: Type;
  request: RequestOf<Type>;
  /** Makes the run's id readable when the request names nothing. */
  about?: string;
  /** Replaces the words that every report of the procedure has. */
  words?: (report: ReportOf<Type>) => string;
}

/** Starts a procedure, shows its progress, prints its report. */
export function runProcedure<Type extends StartedType>(
  context: Context,
  options: ProcedureOptions,
  { type, request, about, words = (report) => describeReport(type, report) }: Call<Type>,
): Promise<void> {
  const start = (operations: Starts) => operations[type](request, ...(about === undefined ? [] : [about]));
  // A question is answered in a moment: only a wait is worth a line.
  return followRun(context, options, { start, words, shows: questions.has(type) ? 'waits' : 'all' });
}

interface Followed<Report> {
  start: (operations: Operations) => Promise<RunHandle<Report>>;
  words: (report: Report) => string;
  shows: 'all' | 'waits';
}

/** Shows the progress of a new or earlier run, and prints its report. */
export async function followRun<Report>(
  context: Context,
  options: ProcedureOptions,
  { start, words, shows }: Followed<Report>,
): Promise<void> {
  await withOperations(context, async (operations) => {
    const run = await start(operations);
    const { workflowId } = run;
    if (options.detach === true) return announce(context, options, workflowId);
    const shown = options.json === true ? 'waits' : shows;
    if (shown === 'all') context.output.note(workflowId);
    const report = await followOrReport(context, options, run, displayFor(context.output, shown));
    context.output.out(
      options.json === true ? JSON.stringify({ outcome: 'done', workflowId, result: report }) : words(report),
    );
  });
}

async function followOrReport<Report>(
  context: Context,
  options: ProcedureOptions,
  run: RunHandle<Report>,
  display: Display,
): Promise<Report> {
  try {
    return await follow(run, { display, interrupt: context.onInterrupt() });
  } catch (error) {
    if (options.json !== true) throw error;
    context.output.out(JSON.stringify({ ...errorJson(error), workflowId: run.workflowId }));
    throw new Reported(exitCodeOf(error));
  }
}

function announce(context: Context, options: ProcedureOptions, workflowId: string): void {
  context.output.out(
    options.json === true ? JSON.stringify({ outcome: 'started', workflowId }) : howToComeBack(workflowId),
  );
}

/** Prints Temporal's own knowledge, without a run. */
export async function look<Report>(
  context: Context,
  options: { json?: boolean },
  ask: (operations: Operations) => Promise<Report>,
  words: (report: Report) => string,
): Promise<void> {
  const report = await withOperations(context, ask);
  context.output.out(options.json === true ? JSON.stringify({ outcome: 'done', result: report }) : words(report));
}
