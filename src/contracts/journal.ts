import { z } from 'zod';
import { Decision } from './approval.ts';
import { InstanceId, Instant } from './ids.ts';
import { StepRecord } from './progress.ts';

/**
 * `instances/<instance>.<id>/journal/<time>-<procedure>-<outcome>.json`: the record of a run, kept after Temporal has
 * deleted the run.
 */
export const JournalEntry = z.strictObject({
  format: z.literal('drydock-journal/1'),
  procedure: z.string(),
  instance: z.string(),
  /** Absent when the run ended before it knew which instance it was about. */
  id: InstanceId.optional(),
  workflowId: z.string(),
  runId: z.string(),
  startedAt: Instant,
  endedAt: Instant,
  outcome: z.enum(['done', 'failed', 'undone', 'cancelled']),
  request: z.unknown(),
  plan: z.unknown().optional(),
  /** Decisions of people and services about the plan, even of a failed run. */
  decisions: z.array(Decision).optional(),
  result: z.unknown().optional(),
  error: z.string().optional(),
  leftBehind: z.array(z.string()),
  steps: z.array(StepRecord),
});
export type JournalEntry = z.infer<typeof JournalEntry>;
