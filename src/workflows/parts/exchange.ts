import { type Instant, identityOf } from '../../contracts/ids.ts';
import type { Lease } from '../../contracts/lease.ts';
import type { ContentsComparison } from '../../contracts/restore.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { explain } from '../../failures.ts';
import type { Run } from '../running/run.ts';
import type { HostSteps } from '../running/steps.ts';
import { renewNights } from '../schedule.ts';
import { startReleaseRetirement } from './nested.ts';

/** Two releases that change places; the one that leaves is kept until `keepUntil`. */
export interface ReleaseExchange {
  readonly instance: UpgradePlan['instance'];
  readonly from: UpgradePlan['from'];
  readonly to: UpgradePlan['to'];
  readonly keepUntil: Instant;
  /** Until when the release that comes back was kept, if it was; undoing the exchange restores this date. */
  readonly keptUntil?: Instant;
}

/**
 * Moves traffic to a release that runs on the same stores. No request fails, and writers of two colours never run at a
 * time. Until `undo.clear()` any failure moves traffic back.
 */
export async function moveTraffic(exchange: ReleaseExchange, lease: Lease, run: Run): Promise<{ switchedAt: Instant }> {
  const { instance, from, to, keepUntil, keptUntil } = exchange;
  const host = run.host(lease);

  run.undo.before(`serve ${from.colour} again`, async () => {
    await host.routeTo({ instance, colour: from.colour });
    await host.stopWriters({ instance, colour: to.colour });
    await host.drainRelease({ instance, colour: to.colour });
    await host.exchangeRelease({ instance, colour: from.colour, insteadOf: to.colour, keepUntil: keptUntil });
    await host.startServing({ instance });
  });
  await host.stopWriters({ instance, colour: from.colour });
  const { at } = await host.routeTo({ instance, colour: to.colour });
  await host.drainRelease({ instance, colour: from.colour });
  await host.exchangeRelease({ instance, colour: to.colour, insteadOf: from.colour, keepUntil });
  return { switchedAt: at };
}

/**
 * Exchanges release and generation together. Unavailable from closing to admitting reads, however large the data. Until
 * `undo.clear()` any failure brings the old pair back, and says what was written meanwhile.
 */
export async function exchangeReleaseAndGeneration(
  exchange: ReleaseExchange,
  lease: Lease,
  run: Run,
  whenClosed: () => Promise<void> = async () => {},
): Promise<{ switchedAt: Instant; unavailableMs: number }> {
  const { instance, from, to, keepUntil, keptUntil } = exchange;
  const host = run.host(lease);
  let writable = false;

  run.undo.before(`serve generation ${from.generation} again`, async () => {
    await host.closeEdge({ instance });
    const lost = writable ? await sayLost(exchange, host) : undefined;
    await host.stopServing({ instance });
    await host.exchangeRelease({ instance, colour: from.colour, insteadOf: to.colour, keepUntil: keptUntil });
    const back = { instance, generation: from.generation, insteadOf: to.generation };
    await host.exchangeGeneration({ ...back, keepUntil: keptUntil });
    await host.startServing({ instance });
    await host.openEdge({ instance });
    return lost;
  });
  const closed = await host.closeEdge({ instance });
  await whenClosed();
  await host.stopServing({ instance });
  await host.exchangeGeneration({ instance, generation: to.generation, insteadOf: from.generation, keepUntil });
  await host.exchangeRelease({ instance, colour: to.colour, insteadOf: from.colour, keepUntil });
  await host.startServing({ instance });
  await host.smoke({ instance });
  const readable = await host.admitReads({ instance });
  await host.verifyInstance({ instance });
  await host.noteContents({ instance, generation: to.generation });
  writable = true;
  const { at } = await host.openEdge({ instance });
  return { switchedAt: at, unavailableMs: Date.parse(readable.at) - Date.parse(closed.at) };
}

/** Says in the error what is lost. A store that cannot be counted does not keep the old generation from serving. */
async function sayLost({ instance, to }: ReleaseExchange, host: HostSteps): Promise<string> {
  try {
    return `written since the switch and lost: ${describeLost(await host.countWritten({ instance, generation: to.generation }))}`;
  } catch (error) {
    return `all writes since the switch are lost; counting them failed: ${explain(error).message}`;
  }
}

function describeLost(comparisons: readonly ContentsComparison[]): string {
  const lost = comparisons.filter(({ equal }) => !equal);
  return lost.map(({ store, differences }) => `${store}: ${differences.join(', ')}`).join('; ') || 'nothing';
}

/** Leaves the other release for good: stops it, and keeps it for its time. Returns the addresses of what serves now. */
export async function leaveRelease(exchange: ReleaseExchange, lease: Lease, run: Run): Promise<Record<string, string>> {
  const { instance, from, to } = exchange;
  const host = run.host(lease);
  run.record({ blueprint: to.ref, colour: to.colour, generation: to.generation }, 'always');
  await renewNights(instance, to.ref, run);
  await startReleaseRetirement(exchange, identityOf(lease), run);
  await host.stopRelease({ instance, colour: from.colour });
  const addresses = await host.addresses({ instance });
  run.record({ addresses });
  return addresses;
}
