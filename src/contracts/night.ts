import { z } from 'zod';
import { HostName, InstanceName, Instant, Tier } from './ids.ts';
import { contract, reported } from './procedure.ts';

const TimeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of day such as 03:00')
  .describe('Time of day, such as 03:00');

/** Section `nights` of a blueprint. */
export const Nights = z.strictObject({
  begin: TimeOfDay.default('03:00').describe('When the night begins, in `zone`'),
  hours: z
    .int()
    .min(1)
    .max(12)
    .default(4)
    .describe('How long after `begin` jobs may begin; a job that could not begin is reported as missed'),
  zone: z
    .string()
    .default('UTC')
    .describe(
      'IANA zone of `begin`, such as Europe/Berlin. The night must not touch the hours in which its clocks change',
    ),
});

export const Weekday = z.enum(['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']);
export type Weekday = z.infer<typeof Weekday>;

/** When a schedule fires. Intervals are counted from 1970-01-01T00:00Z. */
export const Firing = z.discriminatedUnion('every', [
  z.strictObject({ every: z.literal('day'), at: TimeOfDay, zone: z.string() }),
  z.strictObject({ every: z.literal('week'), day: Weekday, at: TimeOfDay, zone: z.string() }),
  z.strictObject({ every: z.literal('interval'), minutes: z.int().positive(), offset: z.int().nonnegative() }),
]);
export type Firing = z.infer<typeof Firing>;

/** The displayed name of a job: `backup`, `cleanup-proto-kg`. */
const JobName = z
  .string()
  .regex(/^[a-z][a-z0-9_-]*$/, 'must be the name of a job')
  .describe('Name of a job, such as backup or cleanup-proto-kg');

/** The procedures that night jobs run. */
export const NightProcedure = z.enum(['backup', 'cleanup', 'verify', 'retention', 'drill']);
export type NightProcedure = z.infer<typeof NightProcedure>;

/** Input of the workflow `nightJob`: one procedure on one instance, and its time limits. */
export const NightJob = z
  .strictObject({
    instance: InstanceName,
    job: JobName,
    procedure: NightProcedure.describe('Procedure that the job starts'),
    request: z.record(z.string(), z.unknown()).default({}).describe('Input of the procedure, beside the instance'),
    beginWithinMinutes: z
      .int()
      .positive()
      .default(240)
      .describe(
        'How long after its time the job may begin, and so how long it waits for host and instance; later it is missed',
      ),
    endWithinMinutes: z
      .int()
      .positive()
      .default(480)
      .describe('How long the procedure may run; then it is cancelled, and undoes what it began'),
    turn: z
      .enum(['host', 'none'])
      .default('none')
      .describe('host: a heavy job, one at a time on a host. none: the job begins at once'),
    when: Firing.optional().describe(
      'When the schedule of the job fires; the job computes from it which earlier times were left out',
    ),
    dueAt: Instant.optional().describe(
      'When the job was due. A schedule sets this time by itself; without it the job is due now',
    ),
  })
  .describe('Runs one job of a night: waits for its turn, keeps to its time, and says loudly when it did not work.');
export type NightJob = z.infer<typeof NightJob>;

export const NightOutcome = z.strictObject({
  job: JobName,
  outcome: z.enum(['done', 'partial', 'failed', 'missed', 'held']),
  dueAt: Instant,
  at: Instant,
  why: z.string().optional(),
  next: z.string().optional(),
  workflowId: z.string().optional(),
  /** The job's last success, up to this run; the entity keeps it. */
  lastDoneAt: Instant.optional(),
});
export type NightOutcome = z.infer<typeof NightOutcome>;

/** Keeps night jobs off an instance until the hold expires. */
export const Hold = z.strictObject({
  reason: z.string(),
  by: z.string().optional(),
  since: Instant,
  until: Instant,
  jobs: z.array(JobName).optional(),
});
export type Hold = z.infer<typeof Hold>;

const HoldRequest = z
  .strictObject({
    instance: InstanceName,
    state: z.enum(['on', 'off']).default('on').describe('on holds the night jobs, off lets them go on'),
    reason: z.string().min(3).optional().describe('Reason that operators read in the status while the hold lasts'),
    until: Instant.optional().describe('When the hold ends by itself'),
    by: z.string().optional().describe('Who asked for the hold'),
    jobs: z.array(JobName).min(1).optional().describe('Jobs that are held; without it all jobs, backups too'),
  })
  .refine(({ state, reason, until }) => state === 'off' || (reason !== undefined && until !== undefined), {
    message: 'a hold needs a reason and an end (until)',
  })
  .describe('Holds the night jobs of an instance, or lets them go on. Procedures that people start are not held.');

export const HoldReport = z.strictObject({
  ...reported('hold'),
  instance: InstanceName,
  hold: Hold.optional(),
});
export type HoldReport = z.infer<typeof HoldReport>;

export const NightReport = z.strictObject({
  ...reported('nightJob'),
  instance: InstanceName,
  outcome: NightOutcome,
});
export type NightReport = z.infer<typeof NightReport>;

/** The wanted state of a schedule. */
export const WantedSchedule = z.strictObject({
  id: z.string(),
  when: Firing,
  workflow: z.enum(['nightJob', 'watchman']),
  input: z.record(z.string(), z.unknown()),
  /** How late Temporal may still start the job after an outage. The job decides itself whether that is too late. */
  catchupMinutes: z.int().positive(),
});
export type WantedSchedule = z.infer<typeof WantedSchedule>;

/** The present state of a schedule. `wanted` is absent when the schedule differs from all our forms. */
export const PresentSchedule = z.strictObject({
  id: z.string(),
  /** False when the schedule has one of our ids but lacks our note. */
  ours: z.boolean(),
  as: WantedSchedule.optional(),
  paused: z.boolean(),
  note: z.string().optional(),
  nextAt: Instant.optional(),
  lastAt: Instant.optional(),
});
export type PresentSchedule = z.infer<typeof PresentSchedule>;

export const ScheduleChange = z.strictObject({
  id: z.string(),
  change: z.enum(['create', 'change', 'delete', 'unchanged']),
  /** The differences, in words. */
  words: z.string(),
  wanted: WantedSchedule.optional(),
});
export type ScheduleChange = z.infer<typeof ScheduleChange>;

const ScheduleRequest = z
  .strictObject({
    instance: InstanceName.optional().describe(
      'Only the schedules of this instance; without it the schedules of all instances',
    ),
    dryRun: z.boolean().default(false).describe('true: only says what would change'),
  })
  .prefault({})
  .describe('Makes the schedules what tier and blueprint ask for.');

export const ScheduleReport = z.strictObject({
  ...reported('schedule'),
  outcome: z.enum(['planned', 'applied']),
  changes: z.array(ScheduleChange),
});
export type ScheduleReport = z.infer<typeof ScheduleReport>;

const WatchmanRequest = z
  .strictObject({})
  .prefault({})
  .describe('Compares the times of the schedules with the outcomes of their jobs, and reports jobs that never ran.');

/** A job whose time has passed without a report. */
export const Overlooked = z.strictObject({ instance: InstanceName, outcome: NightOutcome });
export type Overlooked = z.infer<typeof Overlooked>;

export const WatchmanReport = z.strictObject({
  ...reported('watchman'),
  overlooked: z.array(Overlooked),
  /** Schedules that differ from the wanted ones, and instances that could not be read. */
  problems: z.array(z.string()),
});
export type WatchmanReport = z.infer<typeof WatchmanReport>;

/** The facts that decide an instance's night. */
export const NightSource = z.strictObject({ instance: InstanceName, host: HostName, tier: Tier });
export type NightSource = z.infer<typeof NightSource>;

/** Names of the messages to the entity of an instance. */
export const nightMessages = { ended: 'nightJobEnded', hold: 'hold' } as const;

/** Ids of schedules: those of an instance, and the one of the watchman. */
export const watchmanScheduleId = 'drydock/watchman';
export function schedulePrefix(instance: string): string {
  return `night/${instance}/`;
}

export const holdContract = contract({
  type: 'hold',
  kind: 'procedure',
  request: HoldRequest,
  report: HoldReport,
  example: { instance: 'pharma', reason: 'audit of the client', until: '2026-11-28T06:00:00.000Z' },
  runbook: 'nights',
});

export const scheduleContract = contract({
  type: 'schedule',
  kind: 'procedure',
  request: ScheduleRequest,
  report: ScheduleReport,
  example: { instance: 'pharma', dryRun: true },
  runbook: 'nights',
});

export const nightJobContract = contract({
  type: 'nightJob',
  kind: 'internal',
  request: NightJob,
  report: NightReport,
  example: { instance: 'pharma', job: 'backup', procedure: 'backup', turn: 'host' },
  runbook: 'nights',
});

export const watchmanContract = contract({
  type: 'watchman',
  kind: 'internal',
  request: WatchmanRequest,
  report: WatchmanReport,
  example: {},
  runbook: 'nights',
});
