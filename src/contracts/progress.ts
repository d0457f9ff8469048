import { z } from 'zod';
import { Colour, Generation, Instant } from './ids.ts';

const at = Instant.describe('When it happened, in UTC');

/** A step's effect on the users of the instance: reports and objectives use these events, never the words of a step. */
export const StepEvent = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.enum([
      'edge-closed',
      'serving-stopped',
      'barrier-raised',
      'barrier-lowered',
      'read-only-held',
      'read-only-released',
    ]),
    at,
  }),
  z.strictObject({ kind: z.enum(['reads-admitted', 'edge-opened']), generation: Generation, at }),
  z.strictObject({ kind: z.enum(['artifacts-fetched', 'store-compared']), store: z.string(), at }),
  z.strictObject({ kind: z.enum(['release-smoked', 'traffic-moved']), colour: Colour, at }),
]);
export type StepEvent = z.infer<typeof StepEvent>;

/** One step of a running or finished procedure, in the operator's words. */
export const StepRecord = z.strictObject({
  name: z.string(),
  state: z.enum(['running', 'done', 'failed', 'undoing', 'undone']),
  startedAt: Instant,
  endedAt: Instant.optional(),
  /** Activity id of the step while it runs: its heartbeats carry the bytes. */
  activityId: z.string().optional(),
  error: z.string().optional(),
  /** In order of occurrence; the undo record holds those of all its steps. */
  events: z.array(StepEvent).optional(),
});
export type StepRecord = z.infer<typeof StepRecord>;

/** Answer to the query `progress` of every procedure. */
export const Progress = z.strictObject({
  procedure: z.string(),
  instance: z.string(),
  phase: z.enum(['starting', 'waiting', 'running', 'undoing', 'done', 'failed']),
  /** Why nothing moves, if so: `waits for backup (backup-pharma-…)`. */
  waitingFor: z.string().optional(),
  /** Hash of the plan awaiting approval. */
  plan: z.string().optional(),
  steps: z.array(StepRecord),
});
export type Progress = z.infer<typeof Progress>;

/** A long step's heartbeat. Units are bytes unless `unit` differs. */
export const StepHeartbeat = z.looseObject({
  done: z.number().optional(),
  total: z.number().optional(),
  what: z.string().optional(),
});
export type StepHeartbeat = z.infer<typeof StepHeartbeat>;

export const progressQuery = 'progress';
