import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { beforeAll, expect, test } from 'vitest';
import { workflowTypes } from '../../src/contracts/queues.ts';
import { bundle } from '../support/temporal.ts';

const folder = new URL('./histories/', import.meta.url);
const recorded = readdirSync(folder).map((file) => {
  const history = JSON.parse(gunzipSync(readFileSync(new URL(file, folder))).toString('utf8'));
  const { workflowId } = history.events[0].workflowExecutionStartedEventAttributes;
  return { name: file.replace('.json.gz', ''), workflowId: workflowId as string, history };
});

const outcomes = new Map<string, unknown>();
beforeAll(async () => {
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
  const workflowBundle = await bundle();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, recorded)) {
    outcomes.set(workflowId, error);
  }
}, 120_000);

test.each(recorded)('a worker of today understands the recorded $name', ({ workflowId }) => {
  expect(outcomes.has(workflowId)).toBe(true);
  expect(outcomes.get(workflowId)).toBeUndefined();
});

test('a history of every kind of procedure that runs for long is there', () => {
  const kinds = recorded.map(
    ({ history }) => history.events[0].workflowExecutionStartedEventAttributes.workflowType.name,
  );
  const long = [
    'provision',
    'backup',
    'drill',
    'restore',
    'upgrade',
    'rollback',
    'cleanup',
    'decommission',
    'instance',
  ];
  for (const kind of long) expect(kinds).toContain(kind);
  for (const kind of kinds) expect(workflowTypes).toContain(kind);
});

test('one of them is of an upgrade that waits for approval', () => {
  const waiting = recorded.find(({ name }) => name === 'upgrade-waiting')?.history.events ?? [];
  const kinds = waiting.map(({ eventType }: { eventType: string }) => eventType);
  expect(kinds.at(-1)).toBe('EVENT_TYPE_TIMER_STARTED'); // until when the approvals must be there
  expect(kinds).toContain('EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED');
});

test('a history that is not ours is noticed', async () => {
  const other = structuredClone(recorded.find(({ name }) => name === 'backup'));
  const scheduled = other?.history.events.find(
    (event: Record<string, unknown>) => event['activityTaskScheduledEventAttributes'] !== undefined,
  );
  scheduled.activityTaskScheduledEventAttributes.activityType.name = 'anotherStep';
  await expect(Worker.runReplayHistory({ workflowBundle: await bundle() }, other?.history)).rejects.toThrow();
});
