import { ApplicationFailure } from '@temporalio/common';
import type { JournalEntry } from '../../contracts/journal.ts';
import { questions } from '../../contracts/procedures.ts';
import type { DrydockError } from '../../errors.ts';
import { explain, isCancellation, toFailure } from '../../failures.ts';
import type { ProcedureRun } from './procedure-run.ts';

interface Ending {
  readonly outcome: JournalEntry['outcome'];
  readonly result?: unknown;
  readonly error?: string;
}

/** A request that cannot be read names no instance, so no journal can keep it. */
export function refuseRun({ type, platform, display }: ProcedureRun, error: DrydockError): Error {
  const failure = toFailure(error);
  platform.countRun(type, 'refused', 0);
  display.isRefused(failure.message);
  return failure;
}

/** Returns the error that the run throws. */
export async function failRun(run: ProcedureRun, error: unknown): Promise<unknown> {
  const { code, message, details } = explain(error);
  const { undone, leftBehind } = run.undo;
  const clean = undone.length > 0 && leftBehind.length === 0;
  const outcome = isCancellation(error) ? 'cancelled' : clean ? 'undone' : 'failed';
  run.display.error = message;
  const notWritten = await closeRun(run, { outcome, error: message });
  if (notWritten === undefined || isCancellation(error)) return error;
  return ApplicationFailure.create({
    message: `${message}\n${notWritten}`,
    type: code,
    nonRetryable: true,
    details: [details],
    cause: toFailure(error),
  });
}

/** Gives the lease back and writes the journal; returns what went wrong with the journal instead of failing. */
export async function closeRun(run: ProcedureRun, ending: Ending): Promise<string | undefined> {
  const { type, platform, display, startedAt } = run;
  return platform.shielded(async () => {
    await releaseLease(run, ending);
    display.ends(ending.outcome === 'done' ? 'done' : 'failed');
    platform.countRun(type, ending.outcome, run.now().getTime() - Date.parse(startedAt));
    return writeJournal(run, ending);
  });
}

async function releaseLease(run: ProcedureRun, { outcome }: Ending): Promise<void> {
  const facts = { ...run.facts.always, ...(outcome === 'done' ? run.facts['on success'] : {}) };
  try {
    await run.claim.giveBack(facts);
  } catch (error) {
    // The instance notices by itself that the holder is closed; only the facts are lost, so the operator is told.
    run.note('release lease', explain(error).message);
  }
}

async function writeJournal(run: ProcedureRun, ending: Ending): Promise<string | undefined> {
  const { type, startedAt, request } = run;
  const { instance, id, plan, decisions } = run.display;
  // Questions are asked again and again: their entries would bury those of real work.
  if (instance === '' || questions.has(type)) return undefined;
  const { workflowId, runId } = run.id;
  try {
    await run.plumbing.writeJournal({
      format: 'drydock-journal/1',
      procedure: type,
      instance,
      id,
      workflowId,
      runId,
      startedAt,
      endedAt: run.instant(),
      request,
      plan,
      decisions,
      ...ending,
      leftBehind: run.undo.leftBehind,
      steps: run.steps(),
    });
    return undefined;
  } catch (error) {
    const { message } = explain(error);
    run.note('write journal', message);
    return `the journal entry was not written: ${message}`;
  }
}
