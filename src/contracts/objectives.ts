import { z } from 'zod';
import { InstanceName, Instant } from './ids.ts';
import { contract, reported } from './procedure.ts';

export const ObjectivesRequest = z
  .strictObject({ instance: InstanceName })
  .describe('Compares the promises for an instance with the proof of its sets, drills and restores.');

/** `unknown`: evidence is missing or too old to prove anything; no milder than red. */
export const ObjectiveState = z.enum(['green', 'amber', 'red', 'unknown']);
export type ObjectiveState = z.infer<typeof ObjectiveState>;

/** One promise, the evidence for it, and the verdict. */
export const Objective = z.strictObject({
  /** A store of the blueprint, or another name such as `app`: then the whole instance. */
  of: z.string(),
  kind: z.enum(['recovery point', 'recovery time']),
  state: ObjectiveState,
  targetMs: z.int().positive(),
  /** `tier`: the blueprint promises nothing, so the interval of the tier's schedule counts. */
  targetFrom: z.enum(['blueprint', 'tier']),
  /** Age of the last verified set, or the expected duration of a recovery; absent when unknown. */
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
  /** Evidence that did not count, and why. */
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
