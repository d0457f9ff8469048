import { z } from 'zod';
import {
  BlueprintRef,
  Colour,
  EdgeMode,
  Generation,
  HostName,
  Identity,
  InstanceId,
  Instant,
  SetId,
  Tier,
} from './ids.ts';
import { Hold, NightOutcome } from './night.ts';

/** Grows with every grant on an instance. The host refuses a step whose token is lower than its highest known one. */
export const LeaseToken = z.int().positive().brand<'LeaseToken'>();
export type LeaseToken = z.infer<typeof LeaseToken>;

/** A procedure that holds or wants the lease. */
export const Claimant = z.strictObject({
  procedure: z.string(),
  workflowId: z.string(),
  runId: z.string(),
  since: Instant,
});
export type Claimant = z.infer<typeof Claimant>;

/** Identity of a claimant. */
export const ClaimingRun = Claimant.pick({ workflowId: true, runId: true });
export type ClaimingRun = z.infer<typeof ClaimingRun>;

/** Of a request: how long its procedure waits for the lease, in minutes; a day unless somebody stands by. */
export const waitMinutes = (byDefault = 24 * 60) =>
  z
    .int()
    .positive()
    .max(7 * 24 * 60)
    .default(byDefault)
    .describe('How long to wait for another procedure to finish, in minutes; then the run fails and names the holder');

/** The right of a working procedure; passed to nested procedures, and with every step to the host. */
export const Lease = Identity.extend({ host: HostName, token: LeaseToken });
export type Lease = z.infer<typeof Lease>;

/** An instance at a glance, for operators; kept by the `instance` entity. */
export const InstanceFacts = Identity.extend({
  host: HostName,
  tier: Tier,
  status: z.enum(['provisioning', 'serving', 'decommissioned']),
  blueprint: BlueprintRef,
  colour: Colour,
  generation: Generation,
  mode: EdgeMode,
  modeReason: z.string().optional(),
  addresses: z.record(z.string(), z.string()),
  lastSet: SetId.optional(),
  lastSetAt: Instant.optional(),
  lastVerifiedSet: SetId.optional(),
  lastVerifiedAt: Instant.optional(),
});
export type InstanceFacts = z.infer<typeof InstanceFacts>;

export const InstanceState = z.strictObject({
  facts: InstanceFacts,
  holder: Claimant.extend({ token: LeaseToken }).optional(),
  waiting: z.array(Claimant),
  hold: Hold.optional(),
  /** Last outcome of each night job, by job name. */
  nights: z.record(z.string(), NightOutcome).default({}),
});
export type InstanceState = z.infer<typeof InstanceState>;

/** Input of the `instance` entity; continue-as-new carries all of it over. */
export const InstanceEntity = z.strictObject({
  facts: InstanceFacts,
  lastToken: z.int().nonnegative().default(0),
  holder: Claimant.extend({ token: LeaseToken }).optional(),
  waiting: z.array(Claimant).default([]),
  /** Workflow ids of holders that ended without returning the lease, until their leftovers are put right. */
  dead: z.array(z.string()).default([]),
  hold: Hold.optional(),
  nights: z.record(z.string(), NightOutcome).default({}),
});
export type InstanceEntity = z.infer<typeof InstanceEntity>;

export const instanceEntity = { type: 'instance', request: InstanceEntity } as const;

/** A turn on a host: the right to do heavy work there, one night job at a time. */
export const HostTurn = z.strictObject({ host: HostName, token: LeaseToken });
export type HostTurn = z.infer<typeof HostTurn>;

/** Input of the `host` entity and its answer to queries; the entity lives while somebody works or waits. */
export const HostEntity = z.strictObject({
  host: HostName,
  lastToken: z.int().nonnegative().default(0),
  holder: Claimant.extend({ token: LeaseToken }).optional(),
  waiting: z.array(Claimant).default([]),
});
export type HostEntity = z.infer<typeof HostEntity>;

export const hostEntity = { type: 'host', request: HostEntity } as const;

/** Answer to a request for a lease or a turn. The grant itself arrives later, as a signal. */
export const LeaseAnswer = z.strictObject({
  host: HostName,
  /** The instance whose lease was asked for; absent for a turn on a host. */
  id: InstanceId.optional(),
  position: z.int(),
  holder: Claimant.optional(),
});
export type LeaseAnswer = z.infer<typeof LeaseAnswer>;

/** Sent with a release: the procedure's changes to the instance. */
export const LeaseRelease = z.strictObject({ token: LeaseToken, facts: InstanceFacts.partial().optional() });
export type LeaseRelease = z.infer<typeof LeaseRelease>;

/** Names of the messages between procedures and the entity. */
export const leaseMessages = {
  request: 'requestLease',
  withdraw: 'withdrawRequest',
  granted: 'leaseGranted',
  release: 'releaseLease',
  state: 'state',
} as const;

/** The same for turns on a host. */
export const turnMessages = {
  request: 'requestTurn',
  withdraw: 'withdrawTurn',
  granted: 'turnGranted',
  release: 'releaseTurn',
  state: 'state',
} as const;

/** Workflow id of the entity of a host. */
export function hostEntityId(host: string): string {
  return `host/${host}`;
}

/** Workflow id of the entity of an instance. */
export function entityId(instance: string): string {
  return `instance/${instance}`;
}
