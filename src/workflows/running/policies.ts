import type { ActivityOptions } from '@temporalio/common';
import type { StepPolicy } from '../../activities/step-declaration.ts';

/**
 * For all policies: a dead worker is noticed after ten seconds, since every activity heartbeats by itself; a cancelled
 * step is waited for, so that its undo never runs beside it; a step that no worker takes for a day fails.
 */
const always = {
  heartbeatTimeout: '10 seconds',
  scheduleToStartTimeout: '24 hours',
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
} as const satisfies ActivityOptions;

export const policies = {
  /** One call to Docker or a store. Eight attempts ride out the restart of a container or of the worker. */
  short: {
    ...always,
    startToCloseTimeout: '2 minutes',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds', maximumAttempts: 8 },
  },
  /** Moves an unknown number of bytes; heartbeats show that the step lives, so the time limit is a last resort. */
  long: {
    ...always,
    startToCloseTimeout: '24 hours',
    retry: { initialInterval: '2 seconds', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 10 },
  },
  /** Nobody cleans up after an undo: it is tried for about half an hour before something is left behind. */
  undo: {
    ...always,
    startToCloseTimeout: '10 minutes',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute', maximumAttempts: 35 },
  },
  /** Catalogue, journal, lease: answers at once, unless the object store or Temporal is away for a moment. */
  control: {
    ...always,
    startToCloseTimeout: '1 minute',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '20 seconds', maximumAttempts: 12 },
  },
  /** Notices, also in an undo: no work waits long for a webhook that does not listen. */
  notice: {
    ...always,
    startToCloseTimeout: '15 seconds',
    retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumAttempts: 3 },
  },
} as const satisfies Record<StepPolicy | 'undo', ActivityOptions>;
