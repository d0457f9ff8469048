import type { Logger, MetricMeter } from '@temporalio/common';
import { metrics, type Source } from '../contracts/metrics.ts';
import { describeError } from '../errors.ts';
import type { Sample } from '../model/metrics/samples.ts';
import { createGauges } from './gauges.ts';

/** Reads sources for the gauges. An unreadable source keeps its last values and moment, and is counted and logged. */
export interface Observer {
  /** Shows samples of a source: of one instance, or of the whole source when the instance is empty. */
  observe(source: Source, instance: string, read: () => Promise<readonly Sample[]>): Promise<void>;
  /** Reads data that other sources depend on; undefined when unreadable. */
  ask<T>(source: Source, read: () => Promise<T>): Promise<T | undefined>;
  /** Forgets instances that no longer exist. */
  keepOnly(source: Source, instances: readonly string[]): void;
}

/** One look at everything a worker knows. Must not throw except for unforeseen errors. */
export type Round = (observer: Observer) => Promise<void>;

export function createObserver(meter: MetricMeter, sources: readonly Source[], logger: Logger): Observer {
  const gauges = createGauges(meter);
  const { unit, help } = metrics.drydock_observation_failures_total;
  const failures = meter.createCounter('drydock_observation_failures_total', unit, help);
  // A counter must start at zero: an increase shows only against an earlier value.
  for (const source of sources) failures.add(0, { source });
  async function ask<T>(source: Source, read: () => Promise<T>, instance = ''): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      failures.add(1, { source });
      logger.warn('could not observe', { source, instance, problem: describeError(error) });
      return undefined;
    }
  }
  return {
    ask: async (source, read) => {
      const answer = await ask(source, read);
      if (answer !== undefined) gauges.show(source, '', []);
      return answer;
    },
    async observe(source, instance, read) {
      const samples = await ask(source, read, instance);
      if (samples !== undefined) gauges.show(source, instance, samples);
    },
    keepOnly: (source, instances) => gauges.keepOnly(source, instances),
  };
}

/** Looks now, and again `everyMs` after each look, until stopped; a look still running then is left alone. */
export function keepObserving(round: Round, observer: Observer, options: { everyMs: number; logger: Logger }) {
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    try {
      await round(observer);
    } catch (error) {
      options.logger.error('the observation for the metrics ended early', { problem: describeError(error) });
    }
    if (!stopped) timer = setTimeout(look, options.everyMs).unref();
  };
  void look();
  return {
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
