import { Client } from '@temporalio/client';
import { createControlActivities } from '../../activities/index.ts';
import { createScheduler } from '../../activities/nights/scheduler.ts';
import { readControlConfig } from '../../config.ts';
import { controlQueue } from '../../contracts/queues.ts';
import { createWebhookNotifier } from '../../drivers/notifier/webhook.ts';
import { createAgeZstdSeal } from '../../drivers/seal/age-zstd.ts';
import { createObjectStore } from '../object-store.ts';
import { installRuntime, runWorker } from '../run.ts';
import { connectWorker, createWorker } from '../temporal.ts';
import { controlEveryMs, controlRound, controlSources } from './observe.ts';

/** The control worker: every workflow, the catalogue, the journal. Holds no state; run as many as you like. */
await runWorker(async () => {
  const config = readControlConfig(process.env);
  installRuntime(config.metricsAddress);
  const objects = createObjectStore(config.objectStore);
  await objects.ensureBucket();
  const connection = await connectWorker(config.temporal);
  const { namespace } = config.temporal;
  const client = new Client({ connection, namespace });
  const worker = await createWorker({
    connection,
    namespace,
    taskQueue: controlQueue,
    activities: createControlActivities({
      client: () => client,
      objects,
      seal: createAgeZstdSeal({ recipients: [] }),
      notifier: createWebhookNotifier(config.webhookUrl),
      scheduler: createScheduler(() => client),
      nights: config.nights,
      defaultHost: config.defaultHost,
    }),
    workflows: 'all',
    maxConcurrentActivities: 20,
  });
  if (config.metricsAddress === undefined) return { worker };
  const round = controlRound({ client, objects });
  return { worker, observation: { round, sources: controlSources, everyMs: controlEveryMs } };
});
