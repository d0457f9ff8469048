import { metricMeter } from '@temporalio/workflow';
import { metrics } from '../../contracts/metrics.ts';
import type { WorkflowType } from '../../contracts/queues.ts';

/** Counts a run that ended. Nothing of this is in the history, and a replay counts nothing. */
export function countRun(procedure: WorkflowType, outcome: string, durationMs: number): void {
  const labels = { procedure, outcome };
  const { unit, help } = metrics.drydock_procedures_total;
  metricMeter.createCounter('drydock_procedures_total', unit, help).add(1, labels);
  record('drydock_procedure_duration_seconds', durationMs, labels);
}

/** How long a run waited for a lease, and whether it got it. */
export function measureWait(procedure: string, outcome: 'granted' | 'not granted', waitedMs: number): void {
  record('drydock_lease_wait_seconds', waitedMs, { procedure, outcome });
}

function record(
  name: 'drydock_procedure_duration_seconds' | 'drydock_lease_wait_seconds',
  durationMs: number,
  labels: Record<string, string>,
): void {
  const { unit, help } = metrics[name];
  metricMeter.createHistogram(name, 'float', unit, help).record(durationMs / 1000, labels);
}
