import type { RetentionPlan, RetentionReport } from '../../contracts/retention.ts';
import { readableBytes } from '../../model/words/bytes.ts';
import { formatTable } from '../table.ts';

export function describeRetention({ instance, outcome, plan, removals, removedBytes }: RetentionReport): string {
  const blocks = [describeSets(plan), describeOrphans(plan), describeLeftAlone(plan), ...plan.notes];
  const text = blocks.filter((block) => block !== '').join('\n\n');
  if (outcome === 'planned') return `${text}\n\n${summary(plan, instance)}`;
  const unfinished = removals.filter((removal) => removal.outcome !== 'removed');
  const done = `${removals.length - unfinished.length} removed, ${readableBytes(removedBytes)}`;
  return [
    text,
    '',
    unfinished.length === 0 ? done : `${done}; ${unfinished.length} still there:`,
    ...unfinished.flatMap(({ what, outcome: became, problems }) => [
      `  ${what}: ${became.replace('-', ' ')}`,
      ...problems.slice(0, 3).map((problem) => `    ${problem}`),
    ]),
  ].join('\n');
}

function summary(plan: RetentionPlan, instance: string): string {
  const orphans = plan.orphans.filter(({ verdict }) => verdict === 'delete').length;
  const going = [
    ...(plan.deleteSets > 0 ? [`${plan.deleteSets} set(s)`] : []),
    ...(orphans > 0 ? [`${orphans} orphan(s)`] : []),
  ];
  const kept = `${plan.sets.length - plan.deleteSets} set(s), ${readableBytes(plan.keepBytes)}, stay`;
  if (going.length === 0) return `nothing would be deleted; ${kept}`;
  const sum = `${going.join(' and ')}, ${readableBytes(plan.deleteBytes)}, would be deleted; ${kept}`;
  return `${sum}\ncarry it out with: drydock retention apply ${instance}`;
}

function describeSets({ instance, rules, sets }: RetentionPlan): string {
  const head = `${instance}: ${rules.join('; ')}`;
  if (sets.length === 0) return `${head}\nthere is no recovery set`;
  const rows = sets.map(({ set, sizeBytes, verifiedAt, verdict, reasons }) => [
    set,
    readableBytes(sizeBytes),
    verifiedAt?.slice(0, 10) ?? '—',
    verdict,
    reasons.join('; '),
  ]);
  return `${head}\n\n${formatTable(['SET', 'SIZE', 'VERIFIED', 'VERDICT', 'WHY'], rows)}`;
}

function describeOrphans({ orphans }: RetentionPlan): string {
  if (orphans.length === 0) return '';
  const rows = orphans.map(({ set, kind, key, objects, sizeBytes, verdict, reasons }) => [
    key?.split('/sets/')[1] ?? set,
    kind === 'upload' ? 'upload' : `${objects} object(s)`,
    kind === 'upload' ? '—' : readableBytes(sizeBytes),
    verdict,
    reasons.join('; '),
  ]);
  return formatTable(['ORPHAN', 'KIND', 'SIZE', 'VERDICT', 'WHY'], rows);
}

function describeLeftAlone({ leftAlone, leftAloneCount }: RetentionPlan): string {
  if (leftAloneCount === 0) return '';
  const rest = leftAloneCount - leftAlone.length;
  return [
    'left alone, since nothing proves that it is ours:',
    ...leftAlone.map(({ what, why, sizeBytes }) => `  ${what} (${readableBytes(sizeBytes)}): ${why}`),
    ...(rest > 0 ? [`  and ${rest} more`] : []),
  ].join('\n');
}
