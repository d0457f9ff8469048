import type { Command } from 'commander';
import type { Manifest, SetSummary } from '../../contracts/manifest.ts';
import type { SetsReport } from '../../contracts/sets.ts';
import { isWhole } from '../../model/sets/whole-sets.ts';
import { describeContents } from '../contents.ts';
import { formatBytes, formatDuration, formatTable } from '../units.ts';
import type { Context } from './context.ts';
import { runQuestion } from './procedure.ts';

/** Verbs that look at recovery sets. */
export function addSetCommands(program: Command, context: Context): void {
  program
    .command('sets <name>')
    .description('list the recovery sets of an instance, newest first')
    .option('--json', 'print one JSON object')
    .action((name: string, options: { json?: boolean }) =>
      runQuestion(context, options, (operations) => operations.sets({ instance: name }), describeSets),
    );
  program
    .command('set')
    .description('look at one recovery set')
    .command('show <id>')
    .description('its manifest')
    .option('--json', 'print one JSON object, the whole manifest in it')
    .action((id: string, options: { json?: boolean }) =>
      runQuestion(
        context,
        options,
        (operations) => operations.set({ set: id }),
        ({ manifest }) => describeManifest(manifest),
      ),
    );
}

export function describeSets(report: SetsReport): string {
  if (report.sets.length === 0) return `${report.instance} has no recovery set`;
  const rows = report.sets.map((set) => [
    set.set,
    isWhole(set) ? 'all stores' : set.stores.join(', '),
    set.reason,
    set.blueprint,
    formatBytes(set.sizeBytes),
    set.encrypted ? 'age' : 'not encrypted',
    set.level,
    moment(set.verifiedAt) ?? 'when taken',
    describeLastDrill(set),
  ]);
  const table = formatTable(
    ['SET', 'HOLDS', 'REASON', 'BLUEPRINT', 'SIZE', 'ENCRYPTION', 'PROVEN', 'VERIFIED', 'DRILLED'],
    rows,
  );
  const problems = report.sets.flatMap(({ set, evidenceProblems }) =>
    evidenceProblems.map((problem) => `evidence of ${set} does not count: ${problem}`),
  );
  return [table, ...problems].join('\n');
}

function describeLastDrill({ lastDrill }: SetSummary): string {
  if (lastDrill === undefined) return 'never';
  const at = moment(lastDrill.at) ?? '';
  if (lastDrill.finding.outcome === 'failed') return `${at} FAILED (${lastDrill.finding.code})`;
  return lastDrill.recoveryMs === undefined ? at : `${at}, ${formatDuration(lastDrill.recoveryMs)}`;
}

function moment(instant: string | undefined): string | undefined {
  return instant?.slice(0, 16).replace('T', ' ');
}

function describeBarrier({ barrier }: Manifest): string {
  if (barrier === undefined) return 'while writing went on';
  return `writing stopped for ${formatDuration(Date.parse(barrier.to) - Date.parse(barrier.from))}`;
}

export function describeManifest(manifest: Manifest): string {
  const encryption =
    manifest.encryption.kind === 'none' ? 'none' : `age, for ${manifest.encryption.recipients.join(', ')}`;
  const facts = [
    ['set', manifest.set],
    ['instance', `${manifest.instance} on host ${manifest.host}`],
    ['taken', `${manifest.createdAt} (${manifest.reason}), ${describeBarrier(manifest)}`],
    ...(isWhole(manifest) ? [] : [['capture', `without ${(manifest.withoutStores ?? []).join(', ')}`]]),
    ['blueprint', manifest.blueprint.ref],
    ['encryption', encryption],
    ...(manifest.leftOut.length === 0 ? [] : [['left out', manifest.leftOut.join(', ')]]),
  ];
  const stores = manifest.stores.map((store) => [store.store, store.version, describeContents(store.contents)]);
  const artifacts = manifest.artifacts.map((artifact) => [artifact.key, formatBytes(artifact.stored.sizeBytes)]);
  return [
    ...facts.map(([name, value]) => `${name?.padEnd(12)}${value}`),
    '',
    formatTable(['STORE', 'VERSION', 'CONTENTS'], stores),
    '',
    formatTable(['ARTIFACT', 'SIZE'], artifacts),
  ].join('\n');
}
