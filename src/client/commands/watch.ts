import type { Command } from 'commander';
import type { BackupReport } from '../../contracts/backup.ts';
import type { DecommissionReport } from '../../contracts/decommission.ts';
import type { ReadOnlyReport } from '../../contracts/edge-mode.ts';
import type { ProvisionReport } from '../../contracts/provision.ts';
import type { RestoreReport } from '../../contracts/restore.ts';
import type { TierReport } from '../../contracts/tier.ts';
import type { RollbackReport, UpgradeReport } from '../../contracts/upgrade.ts';
import type { VerifyReport } from '../../contracts/verify.ts';
import type { Context } from './context.ts';
import { withOperations } from './context.ts';
import { describeDecommission, describeProvision, describeReadOnly, describeTier } from './instances.ts';
import { type ProcedureOptions, runProcedure } from './procedure.ts';
import { describeBackup, describeRestore, describeVerify } from './recovery.ts';
import { describeRollback, describeUpgrade } from './upgrade.ts';

/** `watch` and `cancel`: come back to a run that goes on by itself. */
export function addWatchCommands(program: Command, context: Context): void {
  program
    .command('watch <workflow-id>')
    .description('follow a run that was started before')
    .option('--json', 'print one JSON object: the result, or the error')
    .action((workflowId: string, options: ProcedureOptions) =>
      runProcedure(context, options, async (operations) => operations.run(workflowId), describeReport),
    );
  program
    .command('cancel <workflow-id>')
    .description('ask a run to stop; what it has begun is undone first')
    .action((workflowId: string) =>
      withOperations(context, async (operations) => {
        await operations.run(workflowId).cancel();
        context.output.out(`asked ${workflowId} to stop; drydock watch ${workflowId} shows what it undoes`);
      }),
    );
}

/** The words of the verb that was started; anything else as it is. */
function describeReport(report: unknown): string {
  const procedure = report !== null && typeof report === 'object' && 'procedure' in report ? report.procedure : '';
  switch (procedure) {
    case 'provision':
      return describeProvision(report as ProvisionReport);
    case 'backup':
      return describeBackup(report as BackupReport);
    case 'restore':
      return describeRestore(report as RestoreReport);
    case 'upgrade':
      return describeUpgrade(report as UpgradeReport);
    case 'rollback':
      return describeRollback(report as RollbackReport);
    case 'verify':
      return describeVerify(report as VerifyReport);
    case 'readOnly':
      return describeReadOnly(report as ReadOnlyReport);
    case 'changeTier':
      return describeTier(report as TierReport);
    case 'decommission':
      return describeDecommission(report as DecommissionReport);
    default:
      return JSON.stringify(report, null, 2);
  }
}
