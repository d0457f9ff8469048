import { z } from 'zod';
import { Decision } from './approval.ts';
import { EvidenceReference, StepTime, VerificationLevel } from './evidence.ts';
import { InstanceId, InstanceName, Instant, Tier } from './ids.ts';
import { JournalEntry } from './journal.ts';
import { NightOutcome } from './night.ts';
import { Objective, ObjectiveState } from './objectives.ts';
import { contract, reported } from './procedure.ts';

/** A month in UTC. */
export const Month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'must be a month such as 2026-11')
  .describe('Month in UTC, such as 2026-11');
export type Month = z.infer<typeof Month>;

export const ReportRequest = z
  .strictObject({
    instance: InstanceName.describe('The instance; it may be decommissioned'),
    id: InstanceId.optional().describe('Its id, where several instances had the name; without it the one that lives'),
    month: Month.optional().describe('Month in UTC, such as 2026-11; without it the last month that is over'),
  })
  .describe('Writes down what sets, evidence and journal prove of one month of an instance.');

const outcome = JournalEntry.shape.outcome;

/** Fields of a run from its journal entry. */
const run = { at: Instant, workflowId: z.string(), outcome, problem: z.string().optional() };

/** A set made in the month. */
const MadeSet = z.strictObject({
  set: z.string(),
  createdAt: Instant,
  reason: z.string().optional(),
  blueprint: z.string().optional(),
  sizeBytes: z.int(),
  /** The present level; `removed`: the set has left the catalogue. */
  level: z.enum([...VerificationLevel.options, 'removed']),
  verifiedAt: Instant.optional(),
  drilledAt: Instant.optional(),
  /** Problems of the set's evidence. */
  evidenceProblems: z.array(z.string()),
});
export type MadeSet = z.infer<typeof MadeSet>;

/** Captures of a store made in the month. They are only counted, since there may be thousands. */
const MadeCaptures = z.strictObject({ store: z.string(), made: z.int() });
export type MadeCaptures = z.infer<typeof MadeCaptures>;

/** Without `set` the live instance was verified. */
const Verification = z.strictObject({ ...run, set: z.string().optional(), evidence: EvidenceReference.optional() });
export type Verification = z.infer<typeof Verification>;

const DrillRun = z.strictObject({
  ...run,
  set: z.string().optional(),
  host: z.string().optional(),
  sizeBytes: z.int().optional(),
  recoveryMs: z.int().optional(),
  steps: z.array(StepTime),
  evidence: EvidenceReference.optional(),
});
export type DrillRun = z.infer<typeof DrillRun>;

const RestoreRun = z.strictObject({
  ...run,
  set: z.string().optional(),
  /** True when the instance was made from another's set. */
  asNew: z.boolean(),
  /** Duration of the whole run, in milliseconds. */
  tookMs: z.int(),
  safetySet: z.string().optional(),
});
export type RestoreRun = z.infer<typeof RestoreRun>;

/** An upgrade, or the way back from an upgrade. */
const UpgradeRun = z.strictObject({
  ...run,
  procedure: z.enum(['upgrade', 'rollback']),
  from: z.string().optional(),
  to: z.string().optional(),
  way: z.string().optional(),
  /** Hash of the plan under decision. */
  plan: z.string().optional(),
  approvalsNeeded: z.int().optional(),
  decisions: z.array(Decision),
  migrated: z.array(z.string()),
  safetySet: z.string().optional(),
});
export type UpgradeRun = z.infer<typeof UpgradeRun>;

const NightCount = z.strictObject({
  job: z.string(),
  done: z.int(),
  partial: z.int(),
  failed: z.int(),
  missed: z.int(),
  held: z.int(),
});
export type NightCount = z.infer<typeof NightCount>;

/** A night job that failed to do its work. */
const NightTrouble = NightOutcome.pick({ job: true, outcome: true, dueAt: true, why: true });
export type NightTrouble = z.infer<typeof NightTrouble>;

/** A time in which the edge passed nothing because a procedure had closed it. */
const Closure = z.strictObject({
  from: Instant,
  ms: z.int().nonnegative(),
  procedure: z.string(),
  workflowId: z.string(),
  /** `unknown`: the run ended without opening the edge, and `ms` omits the time after that. */
  end: z.enum(['known', 'unknown']),
});
export type Closure = z.infer<typeof Closure>;

const ReadOnlyTime = z.strictObject({
  by: z.enum(['backups', 'upgrades', 'operators']),
  times: z.int(),
  ms: z.int().nonnegative(),
});
export type ReadOnlyTime = z.infer<typeof ReadOnlyTime>;

const Availability = z.strictObject({
  /** How long the instance existed in the month, in milliseconds. */
  periodMs: z.int().nonnegative(),
  promisedPercent: z.number().optional(),
  closures: z.array(Closure),
  closedMs: z.int().nonnegative(),
  /** Share of the period that procedures left open; unannounced outages lower it. Absent without journal entries. */
  openAtMostPercent: z.number().optional(),
  /** Never green: only Prometheus sees unannounced outages. */
  state: ObjectiveState.exclude(['green']),
  reason: z.string(),
  readOnly: z.array(ReadOnlyTime),
  /** How long captures kept a store from being read; the edge answered. */
  capturePauseMs: z.int().nonnegative(),
  notMeasured: z.array(z.string()),
});
export type Availability = z.infer<typeof Availability>;

/** A run that failed to do its work. */
const FailedRun = z.strictObject({ ...run, procedure: z.string(), leftBehind: z.array(z.string()) });
export type FailedRun = z.infer<typeof FailedRun>;

/** What is proven of one month of an instance. */
export const MonthReport = z.strictObject({
  format: z.literal('drydock-report/1'),
  instance: InstanceName,
  month: Month,
  from: Instant,
  /** End of the month, or `madeAt` while it is not over. */
  to: Instant,
  over: z.boolean(),
  madeAt: Instant,
  host: z.string().optional(),
  tier: Tier.optional(),
  blueprint: z.string().optional(),
  /** Whole sets. */
  sets: z.array(MadeSet),
  captures: z.array(MadeCaptures),
  verifications: z.array(Verification),
  drills: z.array(DrillRun),
  restores: z.array(RestoreRun),
  upgrades: z.array(UpgradeRun),
  nights: z.strictObject({ jobs: z.array(NightCount), troubles: z.array(NightTrouble) }),
  failures: z.array(FailedRun),
  availability: Availability,
  /** As of the writing, whatever the month; absent when nothing is promised any more. */
  objectives: z.array(Objective).optional(),
  /** Number of journal entries behind this report. */
  journalEntries: z.int(),
  /** Missing facts, and facts that did not count. */
  gaps: z.array(z.string()),
});
export type MonthReport = z.infer<typeof MonthReport>;

export const reportContract = contract({
  type: 'report',
  kind: 'question',
  request: ReportRequest,
  report: MonthReport.extend(reported('report')),
  example: { instance: 'pharma', month: '2026-11' },
  runbook: 'report',
});
