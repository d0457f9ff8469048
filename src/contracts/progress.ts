import { z } from 'zod';
import { Instant } from './ids.ts';

/** One step of a running or finished procedure, in the operator's words. */
export const StepRecord = z.strictObject({
  name: z.string(),
  state: z.enum(['running', 'done', 'failed', 'undoing', 'undone']),
  startedAt: Instant,
  endedAt: Instant.optional(),
  /** Activity id of the step while it runs: its heartbeats carry the bytes. */
  activityId: z.string().optional(),
  error: z.string().optional(),
});
export type StepRecord = z.infer<typeof StepRecord>;

/** Answer to the query `progress` of every procedure. */
export const Progress = z.strictObject({
  procedure: z.string(),
  instance: z.string(),
  phase: z.enum(['starting', 'waiting', 'running', 'undoing', 'done', 'failed']),
  /** Why nothing moves, when nothing moves: `waits for backup (backup-pharma-…)`. */
  waitingFor: z.string().optional(),
  /** Hash of the plan that waits for approval. */
  plan: z.string().optional(),
  steps: z.array(StepRecord),
});
export type Progress = z.infer<typeof Progress>;

/** What a long step says in its heartbeats. Units are bytes unless `unit` says otherwise. */
export const StepHeartbeat = z.looseObject({
  done: z.number().optional(),
  total: z.number().optional(),
  what: z.string().optional(),
});
export type StepHeartbeat = z.infer<typeof StepHeartbeat>;

export const progressQuery = 'progress';
