import { z } from 'zod';
import { EvidenceReference } from '../../contracts/evidence.ts';
import type { JournalEntry } from '../../contracts/journal.ts';
import { NightOutcome } from '../../contracts/night.ts';
import type { StepRecord } from '../../contracts/progress.ts';
import type {
  DrillRun,
  FailedRun,
  MonthReport,
  NightCount,
  NightTrouble,
  RestoreRun,
  UpgradeRun,
  Verification,
} from '../../contracts/report.ts';
import { madeAsNew } from './edge-times.ts';

/** Parts of journal entries that describe a run; older entries lack some. */
const OfSet = z.looseObject({ set: z.string() });
const Noted = z.looseObject({ evidence: EvidenceReference });
const Drilled = z.looseObject({ host: z.string(), sizeBytes: z.int(), recoveryMs: z.int() });
const Relied = z.looseObject({ safetySet: z.string() });
const Exchanged = z.looseObject({
  from: z.looseObject({ ref: z.string() }),
  to: z.looseObject({ ref: z.string() }),
  way: z.string(),
});
const Planned = z.looseObject({ hash: z.string(), approvals: z.int() });
const PlanOnly = z.looseObject({ planOnly: z.literal(true) });
const Migrated = z.looseObject({ migrated: z.array(z.string()) });
const NightEnded = z.looseObject({ outcome: NightOutcome });
const NightAsked = z.looseObject({ job: z.string() });
const DryRun = z.looseObject({ dryRun: z.literal(true) });

/** Verifications, of sets and of the live instance. */
export function verificationsOf(entries: readonly JournalEntry[]): Verification[] {
  return entries
    .filter(({ procedure }) => procedure === 'verify')
    .map((entry) => ({ ...runOf(entry), ...setOf(entry), ...evidenceOf(entry) }));
}

export function drillsOf(entries: readonly JournalEntry[]): DrillRun[] {
  return entries
    .filter(({ procedure }) => procedure === 'drill')
    .map((entry) => {
      const drilled = Drilled.safeParse(entry.result);
      const { host, sizeBytes, recoveryMs } = drilled.success ? drilled.data : {};
      return {
        ...runOf(entry),
        ...setOf(entry),
        host,
        sizeBytes,
        recoveryMs,
        steps: entry.steps.map(({ name, ...step }) => ({ name, ms: took(step) })),
        ...evidenceOf(entry),
      };
    });
}

export function restoresOf(entries: readonly JournalEntry[]): RestoreRun[] {
  return entries
    .filter(({ procedure }) => procedure === 'restore')
    .map((entry) => ({
      ...runOf(entry),
      ...setOf(entry),
      asNew: madeAsNew(entry),
      tookMs: took(entry),
      ...safetySetOf(entry),
    }));
}

/** Upgrades and ways back, with every decision. A plan that was only shown is no upgrade. */
export function upgradesOf(entries: readonly JournalEntry[]): UpgradeRun[] {
  return entries.flatMap((entry): UpgradeRun[] => {
    const { procedure, request, plan, result, decisions = [] } = entry;
    if (procedure !== 'upgrade' && procedure !== 'rollback') return [];
    if (PlanOnly.safeParse(request).success) return [];
    const exchanged = Exchanged.safeParse(plan);
    const planned = Planned.safeParse(plan);
    const migrated = Migrated.safeParse(result);
    return [
      {
        ...runOf(entry),
        procedure,
        ...(exchanged.success
          ? { from: exchanged.data.from.ref, to: exchanged.data.to.ref, way: exchanged.data.way }
          : {}),
        ...(planned.success ? { plan: planned.data.hash, approvalsNeeded: planned.data.approvals } : {}),
        decisions,
        migrated: migrated.success ? migrated.data.migrated : [],
        ...safetySetOf(entry),
      },
    ];
  });
}

/**
 * How the night jobs ended, by job. `last` holds the instance's last outcome of each job: a job that never began has no
 * entry in the journal.
 */
export function nightsOf(entries: readonly JournalEntry[], last: readonly NightOutcome[]): MonthReport['nights'] {
  const ended = entries.flatMap((entry): NightTrouble[] => {
    if (entry.procedure !== 'nightJob') return [];
    const result = NightEnded.safeParse(entry.result);
    return result.success ? [troubleOf(result.data.outcome)] : failedNight(entry);
  });
  const written = new Set(ended.map(({ job, dueAt }) => `${job} ${dueAt}`));
  // The watchman's: never started, so no run reports them.
  const never = last.filter(({ job, dueAt, outcome, workflowId }) => {
    return outcome === 'missed' && workflowId === undefined && !written.has(`${job} ${dueAt}`);
  });
  const all = [...ended, ...never.map(troubleOf)];
  const jobs = [...new Set(all.map(({ job }) => job))].sort();
  return {
    jobs: jobs.map((job) => countOf(job, all)),
    troubles: all.filter(({ outcome }) => outcome !== 'done'),
  };
}

/** Failed runs of procedures that have no section of their own. */
export function failuresOf(entries: readonly JournalEntry[]): FailedRun[] {
  const told = ['verify', 'drill', 'restore', 'upgrade', 'rollback', 'nightJob'];
  return entries
    .filter(({ procedure, outcome, request }) => {
      return outcome !== 'done' && !told.includes(procedure) && !DryRun.safeParse(request).success;
    })
    .map((entry) => ({ ...runOf(entry), procedure: entry.procedure, leftBehind: entry.leftBehind }));
}

/** A failed or missed job has no result; its error begins with how the job ended. */
function failedNight({ request, startedAt, outcome, error = '' }: JournalEntry): NightTrouble[] {
  const asked = NightAsked.safeParse(request);
  if (!asked.success) return [];
  const missed = /^\S+ of \S+ is missed/.test(error);
  const why = headline(error) ?? outcome;
  return [{ job: asked.data.job, outcome: missed ? 'missed' : 'failed', dueAt: startedAt, why }];
}

function troubleOf({ job, outcome, dueAt, why }: NightOutcome): NightTrouble {
  return { job, outcome, dueAt, why };
}

function countOf(job: string, all: readonly NightTrouble[]): NightCount {
  const count = (outcome: NightOutcome['outcome']) =>
    all.filter((one) => one.job === job && one.outcome === outcome).length;
  return {
    job,
    done: count('done'),
    partial: count('partial'),
    failed: count('failed'),
    missed: count('missed'),
    held: count('held'),
  };
}

function runOf({ startedAt, workflowId, outcome, error }: JournalEntry) {
  const problem = headline(error);
  return { at: startedAt, workflowId, outcome, problem };
}

/** The set of the run, once known; a request may only say which kind of set was wanted. */
function setOf({ result, plan, request }: JournalEntry): { set?: string } {
  const found = [result, plan, request].map((part) => OfSet.safeParse(part)).find(({ success }) => success);
  return found?.success === true ? { set: found.data.set } : {};
}

function evidenceOf({ result }: JournalEntry): { evidence?: EvidenceReference } {
  const noted = Noted.safeParse(result);
  return noted.success ? { evidence: noted.data.evidence } : {};
}

function safetySetOf({ result }: JournalEntry): { safetySet?: string } {
  const relied = Relied.safeParse(result);
  return relied.success ? { safetySet: relied.data.safetySet } : {};
}

function took({ startedAt, endedAt }: Pick<StepRecord, 'startedAt' | 'endedAt'>): number {
  return endedAt === undefined ? 0 : Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
}

/** The first sentence, without the problems and the advice below it. */
function headline(error: string | undefined): string | undefined {
  return error?.split('\n', 1)[0];
}
