import { DefaultLogger, Runtime, type Worker } from '@temporalio/worker';
import { metrics, type Source } from '../contracts/metrics.ts';
import { describeError } from '../errors.ts';
import { createObserver, keepObserving, type Round } from './observer.ts';

/**
 * One JSON object a line, and Prometheus metrics if configured. Must run before any connection. The runtime belongs to
 * the process, and its metrics take one port: every process needs its own address.
 */
export function installRuntime(metricsAddress: string | undefined): void {
  Runtime.install({
    logger: new DefaultLogger('INFO', ({ level, message, timestampNanos, meta }) => {
      const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
      process.stdout.write(`${JSON.stringify({ time, level, message, ...meta })}\n`);
    }),
    telemetryOptions: {
      logging: { filter: 'WARN' },
      ...(metricsAddress === undefined ? {} : { metrics: { prometheus: prometheusOptions(metricsAddress) } }),
    },
  });
}

/** The runtime's metrics exporter, with the buckets of our own histograms. */
export function prometheusOptions(bindAddress: string) {
  const histogramBucketOverrides: Record<string, number[]> = {};
  for (const [name, metric] of Object.entries(metrics)) {
    if ('buckets' in metric) histogramBucketOverrides[name] = [...metric.buckets];
  }
  return { bindAddress, histogramBucketOverrides };
}

/** What a running worker observes for the gauges. */
interface Observation {
  readonly round: Round;
  readonly sources: readonly Source[];
  readonly everyMs: number;
}

/** Builds a worker and runs it until stopped; an error before that becomes a sentence and exit code 1. */
export async function runWorker(build: () => Promise<{ worker: Worker; observation?: Observation }>): Promise<void> {
  try {
    const { worker, observation } = await build();
    const observing = observation === undefined ? undefined : startObserving(observation);
    try {
      await worker.run();
    } finally {
      observing?.stop();
    }
  } catch (error) {
    process.stderr.write(`${describeError(error)}\n`);
    process.exitCode = 1;
  }
}

/** Fills the gauges of this process regularly, beside its worker. */
export function startObserving({ round, sources, everyMs }: Observation): { stop(): void } {
  const { metricMeter, logger } = Runtime.instance();
  return keepObserving(round, createObserver(metricMeter, sources, logger), { everyMs, logger });
}
