import { identityOf } from '../contracts/ids.ts';
import { type VerifyReport, type VerifyRequest, verifyContract } from '../contracts/verify.ts';
import { verifyBytes } from './parts/evidence.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Checks a live instance, or reads every byte of a set again. Changes nothing, so nothing is undone.
 * After:   every check passed and every store was counted, or every artifact is as written and the evidence says so.
 * Failure: the error lists all checks that failed; damage to a set is noted in its evidence too.
 */
export const verify = procedure({
  ...verifyContract,
  steps: async (request, run) => {
    if (request.set !== undefined) return verifySet({ ...request, set: request.set }, run);
    const instance = request.instance as NonNullable<typeof request.instance>; // The schema wants one of the two.
    const lease = await run.takeLease(instance, request.waitMinutes);
    const { checks, stores } = await run.host(lease).verifyInstance({ instance });
    return { instance, checks, stores };
  },
});

async function verifySet(
  request: VerifyRequest & { set: string },
  run: Run,
): Promise<Omit<VerifyReport, 'procedure' | 'steps'>> {
  const { instance: owner, set: wanted } = request;
  const of = owner === undefined ? undefined : identityOf(await run.control.identify({ instance: owner }));
  const manifest = await run.control.readManifest({ of, set: wanted });
  const { instance, id, set, stores, artifacts } = manifest;
  run.plan({ instance, id, set, artifacts: artifacts.length });
  const evidence = await verifyBytes(manifest, run);
  const checks = artifacts.map(({ key, stored }) => ({
    what: key,
    ok: true,
    seen: `${stored.sizeBytes} bytes, SHA-256 as written`,
  }));
  return { instance, set, evidence, checks, stores };
}
