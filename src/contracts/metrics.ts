/** A worker's metric at `/metrics`. All names, labels and meanings stand here; the reference is made from them. */
interface Metric {
  type: 'gauge' | 'counter' | 'histogram';
  unit: string;
  labels: readonly string[];
  /** The worker that exports the metric. */
  worker: 'control' | 'host' | 'both';
  help: string;
  /** Upper bounds of a histogram. */
  buckets?: readonly number[];
}

/** For anything from a quick query to a restore of a day. */
const procedureSeconds = [1, 5, 15, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/**
 * The label is `drydock_instance`, since Prometheus gives `instance` to every target and would rename ours. Moments are
 * exported instead of ages: an age computed by Prometheus goes on growing when no worker observes.
 */
export const metrics = {
  drydock_instance_info: {
    type: 'gauge',
    unit: '1',
    labels: ['drydock_instance', 'id', 'host', 'tier', 'status'],
    worker: 'control',
    help: '1 for every instance; the labels say what the instance is',
  },
  drydock_recovery_point_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance', 'store'],
    worker: 'control',
    help: 'Moment of the newest set or capture of the catalogue that holds the store; every set of the catalogue was read back when it was made',
  },
  drydock_verified_recovery_point_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance', 'store'],
    worker: 'control',
    help: 'Moment of the newest set or capture that holds the store and whose every stored byte was read once more',
  },
  drydock_recovery_point_objective_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['drydock_instance', 'store'],
    worker: 'control',
    help: 'Greatest age that the recovery point may have: the promise of the blueprint, else of the tier',
  },
  drydock_last_verified_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'When a whole set of the instance was last read to its end and found as written; captures do not count',
  },
  drydock_sets: {
    type: 'gauge',
    unit: 'sets',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'Whole recovery sets in the catalogue, without captures of single stores',
  },
  drydock_last_set_size_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'Stored size of the newest whole set',
  },
  drydock_sets_size_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'Stored size of all sets and captures',
  },
  drydock_orphan_size_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'Objects older than two days below sets without a manifest: the remains of backups that died',
  },
  drydock_last_run_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance', 'procedure', 'outcome'],
    worker: 'control',
    help: 'When the last run of a procedure with this outcome began; a backup of some stores is a capture; from the journal of the last 40 days',
  },
  drydock_last_drill_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'When the last drill that succeeded began; from the journal',
  },
  drydock_last_drill_duration_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'How long the last drill that succeeded took, as a whole',
  },
  drydock_lease_waiting: {
    type: 'gauge',
    unit: 'procedures',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'Procedures that wait for the lease of the instance',
  },
  drydock_lease_waiting_since_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance'],
    worker: 'control',
    help: 'Since when the first procedure waits for the lease; absent when none waits',
  },
  drydock_lease_held_since_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['drydock_instance', 'procedure'],
    worker: 'control',
    help: 'Since when a procedure holds the lease; absent when none holds it',
  },
  drydock_schedule_lag_seconds: {
    type: 'gauge',
    unit: 'seconds',
    labels: ['schedule', 'procedure'],
    worker: 'control',
    help: 'How long after its time the last action of a schedule was started',
  },
  drydock_schedule_next_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['schedule', 'procedure'],
    worker: 'control',
    help: 'When a schedule is due next; absent while it is paused',
  },
  drydock_schedule_paused: {
    type: 'gauge',
    unit: '0 or 1',
    labels: ['schedule', 'procedure'],
    worker: 'control',
    help: 'Whether a schedule is paused',
  },
  drydock_procedures_total: {
    type: 'counter',
    unit: 'runs',
    labels: ['procedure', 'outcome'],
    worker: 'control',
    help: 'Runs that ended in this process, by outcome: done, failed, undone, cancelled, refused',
  },
  drydock_procedure_duration_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['procedure', 'outcome'],
    worker: 'control',
    help: 'From the beginning of a run to its end, waiting included',
    buckets: procedureSeconds,
  },
  drydock_lease_wait_seconds: {
    type: 'histogram',
    unit: 'seconds',
    labels: ['procedure', 'outcome'],
    worker: 'control',
    help: 'How long runs waited for a lease until it was granted, or until they gave up or were cancelled',
    buckets: [0.1, 1, 10, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400],
  },
  drydock_edge_mode: {
    type: 'gauge',
    unit: '0 or 1',
    labels: ['drydock_instance', 'host', 'mode'],
    worker: 'host',
    help: '1 for the mode of the edge of the instance, 0 for the others: open, read-only, maintenance; read on the host',
  },
  drydock_host_disk_free_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['host'],
    worker: 'host',
    help: 'Free space of the file system on which the instances of the host live',
  },
  drydock_host_disk_size_bytes: {
    type: 'gauge',
    unit: 'bytes',
    labels: ['host'],
    worker: 'host',
    help: 'Size of the file system on which the instances of the host live',
  },
  drydock_observed_timestamp_seconds: {
    type: 'gauge',
    unit: 'seconds since 1970',
    labels: ['source', 'drydock_instance'],
    worker: 'both',
    help: 'When a source was last read successfully; the figures from this source are as old. Without an instance: all of the source',
  },
  drydock_observation_failures_total: {
    type: 'counter',
    unit: 'attempts',
    labels: ['source'],
    worker: 'both',
    help: 'Failed attempts to read a source; the log of the worker says why',
  },
} as const satisfies Record<string, Metric>;

type MetricName = keyof typeof metrics;
export type GaugeName = {
  [Name in MetricName]: (typeof metrics)[Name]['type'] extends 'gauge' ? Name : never;
}[MetricName];
export type LabelsOf<Name extends MetricName> = Readonly<Record<(typeof metrics)[Name]['labels'][number], string>>;

/** The sources of gauges; `drydock_observed_timestamp_seconds` tells when each was read. */
export const sources = [
  'instances',
  'entity',
  'blueprint',
  'catalogue',
  'journal',
  'schedules',
  'edge',
  'host',
] as const;
export type Source = (typeof sources)[number];
