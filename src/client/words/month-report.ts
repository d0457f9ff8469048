import type { EvidenceReference } from '../../contracts/evidence.ts';
import type {
  DrillRun,
  MadeCaptures,
  MadeSet,
  MonthReport,
  RestoreRun,
  UpgradeRun,
  Verification,
} from '../../contracts/report.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { measuredDuration } from '../../model/words/duration.ts';
import { list, minute, plain, section, table } from './document-parts.ts';
import { describeAvailability } from './month-availability.ts';

/** A month of an instance as a document. An empty section says so: missing facts were not recorded. */
export function describeMonth(report: MonthReport): string {
  return [
    head(report),
    section('What is missing', list(report.gaps)),
    section('Recovery sets', [setsTable(report.sets), ...capturesText(report.captures)].join('\n')),
    section('Verifications', verificationsTable(report.verifications)),
    section('Drills', drillsText(report.drills)),
    section('Restores', restoresTable(report.restores)),
    section('Upgrades', upgradesText(report.upgrades)),
    section('Nights', nightsText(report.nights)),
    section('Other runs that did not end well', failuresTable(report)),
    section('Availability at the edge', describeAvailability(report.availability)),
    ...(report.objectives === undefined ? [] : [section('Objectives', objectivesTable(report))]),
  ].join('\n\n');
}

function head(report: MonthReport): string {
  const { instance, month, host, tier, blueprint, from, to, over, madeAt, journalEntries } = report;
  const about = [
    ...(tier === undefined ? [] : [`tier ${tier}`]),
    ...(host === undefined ? [] : [`host ${host}`]),
    ...(blueprint === undefined ? [] : [`${blueprint} now`]),
  ];
  return [
    `# ${instance}, ${month}`,
    '',
    ...(about.length === 0 ? [] : [`${about.join(', ')}.`, '']),
    `From ${minute(from)} to ${minute(to)}${over ? '' : '; the month is not over'}. Written ${minute(madeAt)} from the sets in the ` +
      `catalogue, the evidence beside them and ${journalEntries} entries of the journal. All times are UTC. A run counts in the month ` +
      'in which it ended.',
  ].join('\n');
}

function setsTable(sets: readonly MadeSet[]): string {
  if (sets.length === 0) return 'No recovery set of this month is recorded.';
  const rows = sets.map(({ set, createdAt, reason, sizeBytes, level, verifiedAt, drilledAt, evidenceProblems }) => [
    set,
    minute(createdAt),
    reason ?? '—',
    readableBytes(sizeBytes),
    evidenceProblems.length === 0 ? level : `${level}; its evidence does not fit together`,
    minute(verifiedAt),
    minute(drilledAt),
  ]);
  return [
    table(['Set', 'Made', 'Why', 'Size', 'Proven', 'Verified', 'Drilled'], rows),
    '',
    '*Proven* is what is known when this is written. `captured`: read back when the set was made, and not since. `removed`: retention has ' +
      'removed it, and its evidence with it.',
  ].join('\n');
}

function capturesText(captures: readonly MadeCaptures[]): string[] {
  if (captures.length === 0) return [];
  const counted = captures.map(({ store, made }) => `${made} of ${store}`).join(', ');
  return ['', `Beside them, captures of single stores: ${counted}.`];
}

function verificationsTable(verifications: readonly Verification[]): string {
  if (verifications.length === 0) return 'No verification of this month is recorded.';
  const rows = verifications.map(({ at, set, outcome, problem, evidence, workflowId }) => [
    minute(at),
    set === undefined ? 'the live instance' : `every byte of ${set}`,
    ending(outcome, problem),
    evidence === undefined ? '—' : noted(evidence),
    workflowId,
  ]);
  return table(['Begun', 'What', 'Outcome', 'Evidence', 'Run'], rows);
}

function drillsText(drills: readonly DrillRun[]): string {
  if (drills.length === 0) return 'No drill of this month is recorded.';
  const rows = drills.map(({ at, set, host, sizeBytes, recoveryMs, outcome, problem, workflowId }) => [
    minute(at),
    set ?? '—',
    host ?? '—',
    sizeBytes === undefined ? '—' : readableBytes(sizeBytes),
    recoveryMs === undefined ? '—' : measuredDuration(recoveryMs),
    ending(outcome, problem),
    workflowId,
  ]);
  const steps = drills
    .filter(({ outcome }) => outcome === 'done')
    .flatMap(({ workflowId, steps: taken, evidence }) => [
      '',
      `Steps of ${workflowId}${evidence === undefined ? '' : `, noted in ${noted(evidence)}`}:`,
      '',
      table(
        ['Step', 'Took'],
        taken.map(({ name, ms }) => [name, measuredDuration(ms)]),
      ),
    ]);
  const heading = ['Begun', 'Set', 'Host', 'Size', 'Until it answered', 'Outcome', 'Run'];
  return [table(heading, rows), ...steps].join('\n');
}

function restoresTable(restores: readonly RestoreRun[]): string {
  if (restores.length === 0) return 'No restore of this month is recorded.';
  const rows = restores.map(({ at, set, asNew, tookMs, safetySet, outcome, problem, workflowId }) => [
    minute(at),
    set ?? '—',
    asNew ? 'as a new instance' : 'in place',
    measuredDuration(tookMs),
    safetySet ?? '—',
    ending(outcome, problem),
    workflowId,
  ]);
  return table(['Begun', 'Set', 'How', 'Took', 'Safety set', 'Outcome', 'Run'], rows);
}

function upgradesText(upgrades: readonly UpgradeRun[]): string {
  if (upgrades.length === 0) return 'No upgrade and no way back of this month is recorded.';
  return upgrades.map(describeUpgrade).join('\n\n');
}

function describeUpgrade(upgrade: UpgradeRun): string {
  const { at, procedure, from, to, way, plan, approvalsNeeded, decisions, migrated, outcome, problem } = upgrade;
  const what = from === undefined ? procedure : `${procedure} ${from} → ${to}, ${way}`;
  const rows = decisions.map(({ decision, by, at: when, through, plan: which, comment }) => [
    decision,
    by,
    minute(when),
    through,
    which.slice(0, 12),
    comment ?? '—',
  ]);
  const needed = approvalsNeeded === undefined ? '' : `, ${approvalsNeeded} approval(s) needed`;
  const nobody = procedure === 'rollback' ? 'A way back needs no approval.' : 'No decision is recorded.';
  return [
    `**${plain(what)}**, ${minute(at)}: ${plain(ending(outcome, problem))} (${upgrade.workflowId})`,
    '',
    list([
      ...(plan === undefined ? [] : [`plan ${plan}${needed}`]),
      ...(migrated.length === 0 ? [] : [`migrations: ${migrated.join(', ')}`]),
      ...(upgrade.safetySet === undefined ? [] : [`safety set ${upgrade.safetySet}`]),
    ]),
    '',
    rows.length === 0 ? nobody : table(['Decision', 'By', 'At', 'Through', 'Plan', 'Comment'], rows),
  ].join('\n');
}

function nightsText({ jobs, troubles }: MonthReport['nights']): string {
  if (jobs.length === 0) return 'No night job of this month is recorded.';
  const counted = table(
    ['Job', 'Done', 'Partial', 'Failed', 'Missed', 'Held'],
    jobs.map(({ job, ...count }) =>
      [job, count.done, count.partial, count.failed, count.missed, count.held].map(String),
    ),
  );
  if (troubles.length === 0) return `${counted}\n\nEvery job that ran did all of its work.`;
  const rows = troubles.map(({ job, outcome, dueAt, why }) => [minute(dueAt), job, outcome, why ?? '—']);
  return [counted, '', table(['When', 'Job', 'Outcome', 'Why'], rows)].join('\n');
}

function failuresTable({ failures }: MonthReport): string {
  if (failures.length === 0) return 'None is recorded.';
  const rows = failures.map(({ at, procedure, outcome, problem, leftBehind, workflowId }) => [
    minute(at),
    procedure,
    ending(outcome, problem),
    leftBehind.length === 0 ? 'nothing' : leftBehind.join('; '),
    workflowId,
  ]);
  return table(['Begun', 'Procedure', 'Outcome', 'Left behind', 'Run'], rows);
}

function objectivesTable({ objectives = [], madeAt }: MonthReport): string {
  const rows = objectives.map(({ of, kind, state, reason }) => [of, kind, state, reason]);
  const when = `As they are on ${minute(madeAt)}, not as they were during the month.`;
  return [when, '', table(['Of', 'What', 'State', 'Why'], rows)].join('\n');
}

function noted({ key, sha256 }: EvidenceReference): string {
  return `${key}, SHA-256 ${sha256}`;
}

function ending(outcome: string, problem: string | undefined): string {
  return problem === undefined ? outcome : `${outcome}: ${problem}`;
}
