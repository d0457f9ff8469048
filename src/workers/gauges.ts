import type { MetricGauge, MetricMeter } from '@temporalio/common';
import { type GaugeName, metrics, type Source } from '../contracts/metrics.ts';
import { type Sample, sample } from '../model/metrics/samples.ts';

/**
 * The gauges of a worker. The runtime cannot withdraw a series, so a vanished one becomes NaN: NaN compares with
 * nothing, and no alert or sum counts it.
 */
interface Gauges {
  /** Replaces the source's last samples (of the instance), and notes the moment of reading. */
  show(source: Source, instance: string, samples: readonly Sample[]): void;
  /** Forgets all other instances of a source. */
  keepOnly(source: Source, instances: readonly string[]): void;
}

export function createGauges(meter: MetricMeter, now: () => number = Date.now): Gauges {
  const gauges = new Map<GaugeName, MetricGauge>();
  const shown = new Map<string, Map<string, Sample>>();

  function set({ name, labels }: Sample, value: number): void {
    const gauge = gauges.get(name) ?? meter.createGauge(name, 'float', metrics[name].unit, metrics[name].help);
    gauges.set(name, gauge);
    gauge.set(value, labels);
  }

  function replace(scope: string, samples: readonly Sample[]): void {
    const next = new Map(samples.map((entry) => [seriesOf(entry), entry]));
    for (const [series, entry] of shown.get(scope) ?? []) if (!next.has(series)) set(entry, Number.NaN);
    for (const entry of samples) set(entry, entry.value);
    if (next.size === 0) shown.delete(scope);
    else shown.set(scope, next);
  }

  return {
    show(source, drydock_instance, samples) {
      const observed = sample('drydock_observed_timestamp_seconds', { source, drydock_instance }, now() / 1000);
      replace(scopeOf(source, drydock_instance), [...samples, observed]);
    },
    keepOnly(source, instances) {
      const kept = new Set(instances.map((instance) => scopeOf(source, instance)));
      const ofSource = [...shown.keys()].filter((scope) => scope.startsWith(scopeOf(source, '')));
      for (const scope of ofSource) if (!kept.has(scope)) replace(scope, []);
    },
  };
}

function scopeOf(source: Source, instance: string): string {
  return `${source}/${instance}`;
}

function seriesOf({ name, labels }: Sample): string {
  return JSON.stringify([name, Object.entries(labels).sort(([one], [other]) => one.localeCompare(other))]);
}
