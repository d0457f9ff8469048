import type { Notification, UpgradePlan } from '../../contracts/upgrade.ts';
import { explain, isCancellation } from '../../failures.ts';
import type { Run } from '../running/run.ts';

type Notice = Parameters<Run['control']['notify']>[0];

type UpgradeEvent =
  | 'upgrade-waits-for-approval'
  | 'upgrade-announced'
  | 'upgrade-begins'
  | 'upgrade-ended'
  | 'upgrade-called-off';

/** Tells people and services how an upgrade goes. A notice that cannot be sent changes nothing; the report has it. */
export class Notices {
  readonly sent: Notification[] = [];
  private readonly plan: UpgradePlan;
  private readonly run: Run;

  constructor(plan: UpgradePlan, run: Run) {
    this.plan = plan;
    this.run = run;
  }

  async tell(event: UpgradeEvent, text: string): Promise<void> {
    const { instance, from, to, hash } = this.plan;
    const { workflowId } = this.run.id;
    const details = { workflowId, plan: hash, from: from.ref, to: to.ref, way: this.plan.way };
    this.sent.push(await tell(this.run, { event, instance, text, details }));
  }
}

/** Sends a notice. A failure to send changes nothing, and is in the answer. */
export async function tell(run: Run, notice: Notice): Promise<Notification> {
  try {
    return await run.control.notify(notice);
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { event: notice.event, at: run.instant(), outcome: 'failed', problem: explain(error).message };
  }
}
