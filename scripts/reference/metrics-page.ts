import { table } from '../../src/client/words/markdown.ts';
import { metrics, sources } from '../../src/contracts/metrics.ts';
import { page } from './markdown.ts';

const workers = { control: 'control worker', host: 'host worker', both: 'both' } as const;

export function metricsPage(): string {
  const rows = Object.entries(metrics).map(([name, metric]) => [
    `\`${name}\``,
    metric.type,
    metric.unit,
    metric.labels.map((label) => `\`${label}\``).join(', '),
    workers[metric.worker],
    'buckets' in metric ? `${metric.help}. Buckets: ${metric.buckets.join(', ')}` : metric.help,
  ]);
  return page(
    'Metrics',
    'A worker with `DRYDOCK_METRICS_ADDRESS` shows these in the Prometheus format at `/metrics`, beside those of the Temporal ' +
      'SDK (`temporal_…`). What to do with them is in the runbook [monitoring](../runbooks/monitoring.md).',
    'Gauges are read again regularly from entities, bucket, schedules and hosts, not counted while procedures run; when that was ' +
      'last possible is `drydock_observed_timestamp_seconds` of the source. Something that cannot be observed has no series, and ' +
      'one that is no longer observed is `NaN`. Counters and histograms begin with the process. They also carry ' +
      '`namespace`, `taskQueue` and `workflowType`.',
    table(['Metric', 'Type', 'Unit', 'Labels', 'Exported by', 'Meaning'], rows),
    `Sources: ${sources.map((source) => `\`${source}\``).join(', ')}.`,
  );
}
