import { cancelled, heartbeat } from '@temporalio/activity';
import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { expect } from 'vitest';
import type { RunHandle } from './temporal.ts';

/** Why a run failed, which must fail. */
export async function failureOf(run: Pick<RunHandle, 'result'>): Promise<ApplicationFailure> {
  const error: unknown = await run.result().then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(WorkflowFailedError);
  return (error as WorkflowFailedError).cause as ApplicationFailure;
}

/** The page of a run, as the UI of Temporal shows it. */
export async function pageOf(run: Pick<RunHandle, 'query'>): Promise<string> {
  return (await run.query<{ currentDetails: string }>('__temporal_workflow_metadata')).currentDetails;
}

/** What a step does that works until it is cancelled. */
export async function untilCancelled(): Promise<never> {
  const beat = setInterval(heartbeat, 20);
  return cancelled().finally(() => clearInterval(beat));
}
