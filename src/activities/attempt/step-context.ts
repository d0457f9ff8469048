import { activityInfo, cancellationSignal } from '@temporalio/activity';

export { checkpoint, reportProgress, saveCheckpoint } from './error-interceptor.ts';

/** The procedure that this step is one of, by its workflow id. */
export function procedureOfStep(): string {
  return activityInfo().workflowExecution?.workflowId ?? '';
}

/** A moment of the server's clock, by which procedures count, on the clock of this process. */
export function onThisClock(instant: string): number {
  return Date.now() + Date.parse(instant) - activityInfo().currentAttemptScheduledTimestampMs;
}

/** Aborts when the step is cancelled, or when a later attempt of it begins. */
export function signalOfStep(): AbortSignal {
  return cancellationSignal();
}
