import { identityOf } from '../contracts/ids.ts';
import { type UpgradePlan, type UpgradeReport, upgradeContract } from '../contracts/upgrade.ts';
import { ApprovalDesk } from './parts/approval-desk.ts';
import { leaveRelease } from './parts/exchange.ts';
import { beginInWindow } from './parts/maintenance.ts';
import { Notices } from './parts/notices.ts';
import { startBeside, upgradeBeside } from './parts/upgrade-beside.ts';
import { upgradeQuestion } from './parts/upgrade-details.ts';
import { upgradeOnCopy } from './parts/upgrade-on-copy.ts';
import { procedure } from './running/procedure.ts';

/**
 * Brings an instance to another version of its blueprint while it serves.
 * Before:  the version was pushed; the instance is healthy; no other procedure holds it.
 * After:   the new release serves; the old release is kept stopped for a grace period (rollback.ts).
 * Failure: the old release serves, and nothing is left read-only. Only on a copy, after the switch, later writes are
 *          lost, and the error says how many.
 */
export const upgrade = procedure({
  ...upgradeContract,
  steps: async (request, run) => {
    const desk = new ApprovalDesk(run); // hears decisions from the first moment on
    const { instance, waitMinutes } = request;
    const planning = await run.takeLease(instance, waitMinutes);
    const known = await run.control.upgradeHistory({ of: identityOf(planning) });
    const plan = await run.host(planning).planUpgrade({ request, ...known });
    run.plan(plan, upgradeQuestion(plan, desk, run));
    if (request.planOnly) return nothingDone(plan);

    desk.ask(plan, request);
    const notices = new Notices(plan, run);
    if (plan.way === 'beside') await startBeside(plan, waitMinutes, run); // a copy is made after the approval
    if (desk.state === 'waiting') await notices.tell('upgrade-waits-for-approval', desk.waitingFor());
    await desk.decided(); // backups go on meanwhile
    const lease = await beginInWindow(plan, waitMinutes, run, notices);
    const host = run.host(lease);
    await host.checkUnchanged({ plan }); // the approval is for the instance as it was then

    await notices.tell('upgrade-begins', `the upgrade of ${instance} to ${plan.to.ref} begins`);
    const before = await host.measureTraffic({ instance, colour: plan.from.colour, seconds: measuredSeconds });
    const keepUntil = run.instant(plan.expectedMs + request.graceHours * 3_600_000);
    const way = plan.way === 'beside' ? upgradeBeside : upgradeOnCopy;
    const switched = await way(plan, keepUntil, lease, run);
    const until = run.instant(plan.soakMinutes * 60_000);
    const after = await desk.watch(() => host.watchRelease({ plan, before, until })); // a rejection goes back too

    run.undo.clear(); // POINT OF NO RETURN. From here on the way back is a rollback.
    const addresses = await leaveRelease({ ...plan, keepUntil }, lease, run);
    await notices.tell('upgrade-ended', `${instance} runs ${plan.to.ref}`);
    return {
      instance,
      outcome: 'upgraded' as const,
      plan,
      ...switched,
      decisions: desk.decisions,
      migrated: plan.migrations.map(({ name }) => name),
      traffic: { before, after },
      oldReleaseKeptUntil: keepUntil,
      notifications: notices.sent,
      addresses,
    };
  },
});

/** Long enough for a rate, short enough not to delay anybody. */
const measuredSeconds = 10;

type Result = Omit<UpgradeReport, 'procedure' | 'steps'>;

function nothingDone(plan: UpgradePlan): Result {
  const { instance } = plan;
  const none = { decisions: [], migrated: [], readOnlyMs: 0, unavailableMs: 0, notifications: [], addresses: {} };
  return { instance, outcome: 'planned', plan, ...none };
}
