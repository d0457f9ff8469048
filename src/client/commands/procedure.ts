import { type Command, InvalidArgumentError } from 'commander';
import { type Display, displayFor } from '../display.ts';
import { errorJson } from '../error-json.ts';
import { exitCodeOf } from '../exit-codes.ts';
import { follow, howToComeBack } from '../follow.ts';
import type { Operations } from '../operations.ts';
import type { Run } from '../runs.ts';
import { type Context, withOperations } from './context.ts';

export interface ProcedureOptions {
  detach?: boolean;
  json?: boolean;
}

/** A question is answered in a moment: only a wait is worth a word. */
type Kind = 'procedure' | 'question';

/** The options of every verb that starts a procedure. */
export function procedure(command: Command): Command {
  return command
    .option('--detach', 'start it and leave; drydock watch comes back')
    .option('--json', 'print one JSON object: the result, or the error');
}

/** An error that has been printed; only its exit code is left to return. */
export class Reported extends Error {
  readonly exitCode: number;

  constructor(exitCode: number) {
    super('already reported');
    this.exitCode = exitCode;
  }
}

/** Starts a procedure, shows its progress, prints what it reports. */
export async function runProcedure<Report>(
  context: Context,
  options: ProcedureOptions,
  start: (operations: Operations) => Promise<Run<Report>>,
  describe: (report: Report) => string,
  kind: Kind = 'procedure',
): Promise<void> {
  await withOperations(context, async (operations) => {
    const run = await start(operations);
    if (options.detach === true) return announce(context, options, run.workflowId);
    const quiet = options.json === true || kind === 'question';
    if (!quiet) context.output.note(run.workflowId);
    const display = displayFor(context.output, quiet ? 'waits' : 'all');
    const report = await followOrReport(context, options, run, display);
    context.output.out(
      options.json === true
        ? JSON.stringify({ outcome: 'done', workflowId: run.workflowId, result: report })
        : describe(report),
    );
  });
}

async function followOrReport<Report>(
  context: Context,
  options: ProcedureOptions,
  run: Run<Report>,
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

/** Asks a run that answers at once. */
export function runQuestion<Report>(
  context: Context,
  options: { json?: boolean },
  ask: (operations: Operations) => Promise<Run<Report>>,
  describe: (report: Report) => string,
): Promise<void> {
  return runProcedure(context, options, ask, describe, 'question');
}

/** Prints what Temporal itself knows, without a run. */
export async function look<Report>(
  context: Context,
  options: { json?: boolean },
  ask: (operations: Operations) => Promise<Report>,
  describe: (report: Report) => string,
): Promise<void> {
  const report = await withOperations(context, ask);
  context.output.out(options.json === true ? JSON.stringify({ outcome: 'done', result: report }) : describe(report));
}

/** Collects repeated KEY=VALUE options. */
export function keyValue(text: string, before: Record<string, string> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('must be KEY=VALUE');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

export function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('must be a number');
}

/** Fields that were asked for; absent ones get their defaults from the contract. */
export function given<Fields extends object>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
