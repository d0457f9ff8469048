// biome-ignore-all lint/style/noRestrictedImports: it is what carries the runs
import { defineSearchAttributeKey } from '@temporalio/common';
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  getExternalWorkflowHandle,
  log,
  metricMeter,
  scheduleActivity,
  setCurrentDetails,
  setHandler,
  startChild,
  upsertSearchAttributes,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { metrics } from '../../contracts/metrics.ts';
import { searchAttributes } from '../../contracts/queues.ts';
import type { Platform } from './platform.ts';

/** Runs procedures and entities on Temporal. No other file of a workflow calls the SDK. */
export const onTemporal: Platform = {
  get run() {
    const { workflowId, runId, namespace, startTime: startedAt, typedSearchAttributes } = workflowInfo();
    const scheduledAt = typedSearchAttributes.get(scheduledStart);
    return { workflowId, runId, namespace, startedAt, scheduledAt };
  },
  log,
  now: () => new Date(),
  uuid: uuid4,

  activity: (name, input, options) => scheduleActivity(name, [input], options),
  child: (type, { workflowId, args, summary }) =>
    executeChild(type, {
      workflowId,
      args: [...args],
      parentClosePolicy: 'REQUEST_CANCEL',
      cancellationType: 'WAIT_CANCELLATION_COMPLETED',
      staticSummary: summary,
    }),
  async later(type, { workflowId, args, summary }) {
    const options = { workflowId, args: [...args], staticSummary: summary };
    const begun = await startChild(type, { ...options, parentClosePolicy: 'ABANDON' });
    return { workflowId: begun.workflowId, runId: begun.firstExecutionRunId };
  },
  signal: ({ workflowId, runId }, name, payload) => getExternalWorkflowHandle(workflowId, runId).signal(name, payload),

  async until(isSo, { summary, timeoutMs }) {
    if (timeoutMs !== undefined) return condition(isSo, timeoutMs, { summary: summary.slice(0, longestSummary) });
    await condition(isSo);
    return true;
  },
  scope: () => new CancellationScope(),
  shielded: (work) => CancellationScope.nonCancellable(work),

  onSignal(name, { description, receive }) {
    setHandler(defineSignal<[unknown]>(name), receive, { description });
  },
  onUpdate(name, { description, admit, take }) {
    setHandler(defineUpdate<unknown, [unknown]>(name), take, { description, validator: admit });
  },
  onQuery(name, { description, answer }) {
    setHandler(defineQuery<unknown>(name), answer, { description });
  },

  hasAnswered: allHandlersFinished,
  isLong() {
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    return continueAsNewSuggested || historyLength > longHistoryEvents;
  },
  beginAnew: (input) => continueAsNew<(input: unknown) => Promise<void>>(input),

  show: setCurrentDetails,
  showAttributes(values) {
    const shown = workflowInfo().typedSearchAttributes;
    const changes = searchAttributes.flatMap((name) => {
      const key = defineSearchAttributeKey(name, 'KEYWORD');
      const value = values[name];
      return value === undefined || value === '' || shown.get(key) === value ? [] : [{ key, value }];
    });
    if (changes.length > 0) upsertSearchAttributes(changes);
  },
  countRun(procedure, outcome, durationMs) {
    const labels = { procedure, outcome };
    const { unit, help } = metrics.drydock_procedures_total;
    metricMeter.createCounter('drydock_procedures_total', unit, help).add(1, labels);
    recordDuration('drydock_procedure_duration_seconds', durationMs, labels);
  },
  measureWait(procedure, outcome, waitedMs) {
    recordDuration('drydock_lease_wait_seconds', waitedMs, { procedure, outcome });
  },
};

/** Well below any limit; used because some servers never suggest a new run. */
const longHistoryEvents = 2_000;

/** The server refuses longer summaries. */
const longestSummary = 120;

const scheduledStart = defineSearchAttributeKey('TemporalScheduledStartTime', 'DATETIME');

function recordDuration(
  name: 'drydock_procedure_duration_seconds' | 'drydock_lease_wait_seconds',
  durationMs: number,
  labels: Record<string, string>,
): void {
  const { unit, help } = metrics[name];
  metricMeter.createHistogram(name, 'float', unit, help).record(durationMs / 1000, labels);
}
