import { z } from 'zod';
import { InstanceName, Instant } from './ids.ts';
import { contract, reported } from './procedure.ts';

export const ObjectivesRequest = z
  .strictObject({ instance: InstanceName })
  .describe('Compares what was promised for an instance with what its sets, drills and restores prove.');
export type ObjectivesRequest = z.infer<typeof ObjectivesRequest>;

/** `unknown`: what is known is missing or too old to say anything; it is no milder than red. */
export const ObjectiveState = z.enum(['green', 'amber', 'red', 'unknown']);
export type ObjectiveState = z.infer<typeof ObjectiveState>;

/** One promise, what is seen of it, and what that means. */
export const Objective = z.strictObject({
  /** A store of the blueprint, or what else it names, such as `app`: then all of the instance. */
  of: z.string(),
  kind: z.enum(['recovery point', 'recovery time']),
  state: ObjectiveState,
  targetMs: z.int().positive(),
  /** `tier`: the blueprint promises nothing, so what the schedule of the tier gives counts. */
  targetFrom: z.enum(['blueprint', 'tier']),
  /** Age of the last verified set, or the time that a recovery is expected to take; absent when nothing says it. */
  seenMs: z.int().nonnegative().optional(),
  reason: z.string(),
  /** What to do next. */
  next: z.string().optional(),
});
export type Objective = z.infer<typeof Objective>;

export const ObjectivesReport = z.strictObject({
  instance: InstanceName,
  at: Instant,
  objectives: z.array(Objective),
  /** What did not count, and why. */
  notes: z.array(z.string()),
});
export type ObjectivesReport = z.infer<typeof ObjectivesReport>;

export const objectivesContract = contract({
  type: 'objectives',
  kind: 'question',
  request: ObjectivesRequest,
  report: ObjectivesReport.extend(reported('objectives')),
  example: { instance: 'pharma' },
  runbook: 'report',
});
