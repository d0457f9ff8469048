/** Task queue of the control worker: every workflow, the catalogue, the journal. */
export const controlQueue = 'drydock';

/** Task queue of one host's worker: whatever touches that host's Docker and stores. */
export function hostQueue(host: string): string {
  return `drydock-host-${host}`;
}

/** Search attributes, all Keyword. `scripts` and the Compose file register exactly these. */
export const searchAttributes = ['DrydockInstance', 'DrydockHost', 'DrydockPhase', 'DrydockSet'] as const;

/** Workflow types as the Temporal UI shows them. */
export const workflowTypes = [
  'provision',
  'backup',
  'restore',
  'upgrade',
  'rollback',
  'verify',
  'drill',
  'decommission',
  'retention',
  'readOnly',
  'changeTier',
  'cleanup',
  'blueprint',
  'blueprints',
  'sets',
  'set',
  'objectives',
  'report',
  'instance',
  'retireGeneration',
  'retireRelease',
  'settle',
  'adopt',
  'schedule',
  'hold',
  'nightJob',
  'watchman',
  'host',
] as const;
export type WorkflowType = (typeof workflowTypes)[number];
