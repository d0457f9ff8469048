import { activityInfo, cancellationSignal } from '@temporalio/activity';

export { checkpoint, reportProgress, saveCheckpoint } from './error-interceptor.ts';

/** Workflow id of the procedure that this step belongs to. */
export function procedureOfStep(): string {
  return activityInfo().workflowExecution?.workflowId ?? '';
}

/** Translates a moment on the server's clock, by which procedures count, to the clock of this process. */
export function onThisClock(instant: string): number {
  return Date.now() + Date.parse(instant) - activityInfo().currentAttemptScheduledTimestampMs;
}

/** Aborts when the step is cancelled, or when a later attempt of it begins. */
export function signalOfStep(): AbortSignal {
  return cancellationSignal();
}
