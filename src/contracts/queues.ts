import { entities, type ProcedureType, procedures } from './procedures.ts';

/** Task queue of the control worker: every workflow, the catalogue, the journal. */
export const controlQueue = 'drydock';

/** Task queue of one host's worker: all work on that host's Docker and stores. */
export function hostQueue(host: string): string {
  return `drydock-host-${host}`;
}

/** Search attributes, all Keyword. `scripts` and the Compose file register exactly these. */
export const searchAttributes = ['DrydockInstance', 'DrydockHost', 'DrydockPhase', 'DrydockSet'] as const;

/** Workflow types as the Temporal UI shows them. */
export type WorkflowType = ProcedureType | (typeof entities)[number]['type'];
export const workflowTypes: readonly WorkflowType[] = [...procedures, ...entities].map(({ type }) => type);
