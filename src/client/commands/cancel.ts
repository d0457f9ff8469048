import type { Command } from 'commander';
import { type Context, withOperations } from '../context.ts';

export function addCancel(program: Command, context: Context): void {
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
