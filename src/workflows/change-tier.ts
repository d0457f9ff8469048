import type { InstanceName, Tier } from '../contracts/ids.ts';
import { changeTierContract } from '../contracts/tier.ts';
import { procedure } from './running/procedure.ts';
import { changeNights } from './schedule.ts';

/**
 * Changes the tier sold to the client of an instance.
 * Before:  the instance is known; no other procedure holds it.
 * After:   its record names the tier, and its schedules fit, also if it had that tier before. No set is deleted.
 * Failure: tier and schedules are as before.
 */
export const changeTier = procedure({
  ...changeTierContract,
  steps: async ({ instance, tier, waitMinutes }, run) => {
    const lease = await run.takeLease(instance, waitMinutes);
    const host = run.host(lease);
    const { tier: from, blueprint } = await host.readTier({ instance });
    run.undo.before('put the old tier back', () => host.writeTier({ instance, tier: from }));
    await host.writeTier({ instance, tier });
    const schedules = await changeNights({ instance, host: lease.host, tier, blueprint }, from, run);
    run.record({ tier });
    return { instance, from, tier, schedules, notes: notesOn(instance, from, tier) };
  },
});

/** Retention reads the record each night, so the change affects sets hours later. */
function notesOn(instance: InstanceName, from: Tier, tier: Tier): string[] {
  if (from !== 'premium' || tier !== 'standard') return [];
  const which = `drydock retention plan ${instance} lists them`;
  return [`no set was deleted; the next retention may delete sets that only the rules of ${from} kept: ${which}`];
}
