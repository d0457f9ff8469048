import type { Lease } from '../../contracts/lease.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { nextWindow } from '../../model/releases/maintenance-window.ts';
import { moment } from '../running/details.ts';
import type { Run } from '../running/run.ts';
import type { Notices } from './notices.ts';

/** How long before an upgrade begins it is announced. */
const announcementMs = 30 * 60_000;

/**
 * Waits, without the lease, for a window with room for the whole upgrade; announces the upgrade half an hour before, or
 * at once. Returns with the lease. If taking the lease left too little of the window, waits for the next window.
 */
export async function beginInWindow(
  plan: UpgradePlan,
  waitMinutes: number,
  run: Run,
  notices: Notices,
): Promise<Lease> {
  const { instance, from, to } = plan;
  run.undo.before('call the upgrade off', () =>
    notices.tell(
      'upgrade-called-off',
      `${instance} stays on ${from.ref}: its upgrade to ${to.ref} ended without success`,
    ),
  );
  for (;;) {
    const opensAt = opening(plan, run);
    await reach(opensAt - announcementMs, opensAt, plan, run);
    await notices.tell('upgrade-announced', announcement(plan, opensAt, run));
    await reach(opensAt, opensAt, plan, run);
    const lease = await run.takeLease(instance, waitMinutes);
    if (opening(plan, run) <= run.now().getTime()) return lease;
  }
}

/** When the window opens, in milliseconds; in the past while the window is open. */
function opening({ window, expectedMs }: UpgradePlan, run: Run): number {
  return window === 'now' ? run.now().getTime() : nextWindow(window, run.now(), expectedMs).opensAt.getTime();
}

async function reach(time: number, opensAt: number, { window }: UpgradePlan, run: Run): Promise<void> {
  if (time <= run.now().getTime()) return;
  await run.returnLease();
  const what = `waits for the window ${window}, which opens at ${moment(new Date(opensAt).toISOString())}`;
  await run.waitUntil(what, () => false, time - run.now().getTime());
}

function announcement({ instance, to, readOnly, way }: UpgradePlan, opensAt: number, run: Run): string {
  const begins = opensAt <= run.now().getTime() ? 'begins now' : `begins at ${moment(new Date(opensAt).toISOString())}`;
  const gap = way === 'on-copy' ? '; it will not answer for a short time' : '';
  const writes = readOnly.needed === 'no' ? '' : '; it refuses writes for a while';
  return `the upgrade of ${instance} to ${to.ref} ${begins}${writes}${gap}`;
}
