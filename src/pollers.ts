import type { Client } from '@temporalio/client';

/** The types of a task queue in Temporal's API. */
const queueTypes = { workflow: 1, activity: 2 } as const;

/** When workers asked a queue for work last, in seconds since 1970: dead workers stay listed for minutes. */
export async function pollsOf(
  service: Client['workflowService'],
  { namespace, queue, kind }: { namespace: string; queue: string; kind: keyof typeof queueTypes },
): Promise<number[]> {
  const asked = { namespace, taskQueue: { name: queue }, taskQueueType: queueTypes[kind] };
  const { pollers } = await service.describeTaskQueue(asked);
  return (pollers ?? []).map(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0));
}
