import { type AdoptReport, adoptContract, type HostedInstance } from '../contracts/adopt.ts';
import type { ReportOf, RequestOf } from '../contracts/procedures.ts';
import { DrydockError } from '../errors.ts';
import { explain, isCancellation } from '../failures.ts';
import { adoptedFacts } from '../model/settle/adopted-facts.ts';
import { resumeRetirements } from './parts/nested.ts';
import { procedure } from './running/procedure.ts';
import type { Run } from './running/run.ts';

/**
 * Makes a host's instances known again to a Temporal that has forgotten them, from the host and the catalogue.
 * Before:  the instances serve; no procedure that was begun before goes on.
 * After:   each is known, settled, verified, and has its schedules; what is kept for a while is again removed later.
 * Failure: the other instances are known all the same; the error lists each that is unknown or does not serve well.
 */
export const adopt = procedure({
  ...adoptContract,
  steps: async (request, run) => {
    const { host } = await run.control.chooseHost({ host: request.host });
    const { instances, problems } = await run.hostWithoutLease(host).observeInstances();
    const adopted: AdoptReport['adopted'] = [];
    const known: AdoptReport['known'] = [];
    for (const hosted of instances) {
      const { instance } = hosted.record;
      try {
        if (!(await makeKnown(hosted, run))) known.push(instance);
        else adopted.push({ instance, settled: await putRight(hosted, run, problems) });
      } catch (error) {
        if (isCancellation(error)) throw error;
        problems.push(`adopt ${instance}: ${explain(error).message}`);
      }
    }
    if (problems.length === 0) return { host, adopted, known };
    throw new DrydockError('mismatch', `adopt the instances of host ${host}: ${problems.length} need a look`, {
      problems,
      next: `the others are known again: ${adopted.map(({ instance }) => instance).join(', ') || 'none'}`,
    });
  },
});

/** False if the instance was known already: then procedures may be at work on it, and nothing of theirs is touched. */
async function makeKnown(hosted: HostedInstance, run: Run): Promise<boolean> {
  const { instance, id } = hosted.record;
  const facts = adoptedFacts(hosted, await run.control.listSets({ of: { instance, id } }));
  return (await run.control.adoptInstance({ facts, lastToken: hosted.lastToken, by: run.id.workflowId })).adopted; // known again: no undo
}

/** Does all of this even if one part fails; collects the problems. */
async function putRight({ record, holders: dead }: HostedInstance, run: Run, problems: string[]): Promise<string[]> {
  const { instance, id } = record;
  const settled: string[] = [];
  const works: [what: string, work: () => Promise<unknown>][] = [
    ['settle', async () => settled.push(...(await nested(run, 'settle', { instance, id, dead })).done)],
    ['resume the removal of old generations of', () => resumeRetirements(record, run)],
    ['renew the schedules of', async () => run.control.applySchedules(await run.control.planSchedules({ instance }))],
    ['verify', () => nested(run, 'verify', { instance })],
  ];
  for (const [what, work] of works) {
    await work().catch((error) => {
      if (isCancellation(error)) throw error;
      problems.push(`${what} ${instance}, which is known again: ${explain(error).message}`);
    });
  }
  return settled;
}

function nested<Type extends 'settle' | 'verify'>(
  run: Run,
  type: Type,
  request: RequestOf<Type> & { instance: string },
): Promise<ReportOf<Type>> {
  const { instance } = request;
  return run.child(`${type} ${instance}`, type, {
    workflowId: `${run.id.workflowId}/${type}-${instance}`,
    args: [request],
    summary: `${type} ${instance}, which Temporal had forgotten`,
  });
}
