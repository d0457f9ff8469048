import { type ProcedureType, procedures, type ReportOf } from '../../contracts/procedures.ts';
import { describeAdoption } from './adopt.ts';
import { describeBackup } from './backup.ts';
import { describeBlueprints, describePush } from './blueprints.ts';
import { describeCleanup } from './cleanup.ts';
import { describeDecommission } from './decommission.ts';
import { describeDrill } from './drill.ts';
import { describeHold } from './hold.ts';
import {
  describeNightJob,
  describeRetiredGeneration,
  describeRetiredRelease,
  describeRound,
  describeSettled,
} from './internal.ts';
import { describeManifest } from './manifest.ts';
import { describeMonth } from './month-report.ts';
import { describeObjectives } from './objectives.ts';
import { describeProvision } from './provision.ts';
import { describeReadOnly } from './read-only.ts';
import { describeRestore } from './restore.ts';
import { describeRetention } from './retention.ts';
import { describeChanges } from './schedule.ts';
import { describeSets } from './sets.ts';
import { describeTier } from './tier.ts';
import { describeRollback, describeUpgrade } from './upgrade.ts';
import { describeVerify } from './verify.ts';

/** The operator's text about a finished procedure. A procedure without words does not compile. */
const words: { readonly [Type in ProcedureType]: (report: ReportOf<Type>) => string } = {
  provision: describeProvision,
  backup: describeBackup,
  restore: describeRestore,
  upgrade: (report) => describeUpgrade(report),
  rollback: describeRollback,
  verify: describeVerify,
  drill: describeDrill,
  cleanup: describeCleanup,
  decommission: describeDecommission,
  retention: describeRetention,
  readOnly: describeReadOnly,
  changeTier: describeTier,
  hold: describeHold,
  schedule: describeChanges,
  nightJob: describeNightJob,
  adopt: describeAdoption,
  watchman: describeRound,
  sets: describeSets,
  set: ({ manifest }) => describeManifest(manifest),
  objectives: describeObjectives,
  report: describeMonth,
  blueprints: describeBlueprints,
  blueprint: describePush,
  retireGeneration: describeRetiredGeneration,
  retireRelease: describeRetiredRelease,
  settle: describeSettled,
};

export function describeReport<Type extends ProcedureType>(type: Type, report: ReportOf<Type>): string {
  return words[type](report);
}

/** The words for the result of a run started elsewhere. */
export function describeResult(result: unknown): string {
  return isReport(result) ? describeReport(result.procedure, result) : 'the run has ended and has no report';
}

/** Of a result from Temporal only the procedure is checked: the workers that wrote it have checked the rest. */
function isReport(result: unknown): result is ReportOf<ProcedureType> {
  if (typeof result !== 'object' || result === null || !('procedure' in result)) return false;
  return procedures.some(({ type }) => type === result.procedure);
}
