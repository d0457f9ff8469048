import { z } from 'zod';
import { Approver, Decision } from './approval.ts';
import { Migration } from './blueprint.ts';
import {
  BlueprintRef,
  Colour,
  Generation,
  HostName,
  Identity,
  InstanceName,
  Instant,
  MaintenanceWindow,
  ServiceName,
  SetId,
  Sha256,
  VariableName,
} from './ids.ts';
import { waitMinutes } from './lease.ts';
import { contract, reported } from './procedure.ts';
import { ContentsComparison } from './restore.ts';

export const UpgradeRequest = z
  .strictObject({
    instance: InstanceName,
    to: BlueprintRef.describe('The blueprint to run, such as osmose@2.0.0; it must have been pushed'),
    planOnly: z.literal(true).optional().describe('Makes the plan, reports it, and touches nothing'),
    variables: z
      .record(VariableName, z.string())
      .default({})
      .describe('Values of new variables, or new values of old ones'),
    window: z
      .union([z.literal('now'), MaintenanceWindow])
      .optional()
      .describe('When it may begin after approval: now, or a weekly window; without it the window of the blueprint'),
    approvalHours: z
      .number()
      .positive()
      .max(24 * 14)
      .default(24)
      .describe('How long the plan waits for approval, in hours; then the run fails and what was begun is undone'),
    approvedPlan: Sha256.optional().describe('Approves in advance the plan with this hash, as `--plan-only` showed it'),
    approvedBy: Approver.optional().describe(
      'Who approves in advance; an approval without a name does not count where two must approve',
    ),
    safetySet: z
      .enum(['recent', 'fresh'])
      .default('recent')
      .describe(
        'recent: uses a set as young as the blueprint asks for, and takes a set when there is none; fresh: always takes a set',
      ),
    soakMinutes: z
      .number()
      .nonnegative()
      .max(24 * 60)
      .optional()
      .describe(
        'How long the new release is watched and can go back by itself; without it as long as the blueprint says',
      ),
    graceHours: z
      .number()
      .nonnegative()
      .max(24 * 30)
      .default(24)
      .describe('How long the old release is kept stopped for `upgrade --back`, in hours'),
    force: z.string().min(3).optional().describe('Why an unhealthy instance is upgraded all the same'),
    waitMinutes: waitMinutes(),
  })
  .describe('Brings an instance to another version of its blueprint while it serves.');
export type UpgradeRequest = z.infer<typeof UpgradeRequest>;

const Side = z.strictObject({ ref: BlueprintRef, digest: Sha256, colour: Colour, generation: Generation });

/** The complete plan of an upgrade. `hash` covers all of it: an approval is for exactly this plan. */
export const UpgradePlan = z.strictObject({
  instance: InstanceName,
  host: HostName,
  project: z.string(),
  from: Side,
  to: Side,
  /**
   * `beside`: the new release runs on the serving stores, and traffic moves without a gap. `on-copy`: it runs on a new
   * generation made from the safety set, with a gap while the two are exchanged.
   */
  way: z.enum(['beside', 'on-copy']),
  images: z.array(z.strictObject({ service: ServiceName, from: z.string().optional(), to: z.string().optional() })),
  services: z.strictObject({ added: z.array(ServiceName), removed: z.array(ServiceName) }),
  variables: z.strictObject({
    added: z.array(VariableName),
    removed: z.array(VariableName),
    changed: z.array(VariableName),
    /** Values of non-secret variables. */
    values: z.record(VariableName, z.string()),
    /** Secrets that the host generates. */
    generate: z.array(VariableName),
    /** Secrets read from the host's files. */
    secretFiles: z.record(VariableName, z.string()),
  }),
  /** Files of `config/`: new ones are added, existing ones are the client's and stay. */
  config: z.strictObject({ added: z.array(z.string()), kept: z.array(z.string()) }),
  /** Stores with a changed definition; only on a copy. */
  stores: z.array(z.strictObject({ store: ServiceName, what: z.string() })),
  edge: z.enum(['unchanged', 'reloaded']),
  migrations: z.array(Migration),
  readOnly: z.strictObject({
    needed: z.enum(['no', 'for-migrations', 'asked-by-blueprint', 'for-the-copy']),
    /** Taken from the last upgrade or backup that measured it, in milliseconds. */
    expectedMs: z.int().optional(),
  }),
  safetySet: z.strictObject({ kind: z.enum(['recent', 'fresh']), maxAgeHours: z.number() }),
  approvals: z.int().min(1).max(2),
  window: z.union([z.literal('now'), MaintenanceWindow]),
  /** Expected time from the beginning of the window to the end of the watch, in milliseconds, with a margin. */
  expectedMs: z.int(),
  soakMinutes: z.number(),
  watch: z.strictObject({
    errorRate: z.number(),
    latencyFactor: z.number(),
    latencyFloorMs: z.number(),
    minimumRequests: z.int(),
  }),
  /** What happens when something fails, by phase, in words. */
  onFailure: z.array(z.strictObject({ phase: z.string(), what: z.string() })),
  /** Digest over the observed instance: a change voids the plan. */
  observed: Sha256,
  forced: z.string().optional(),
  hash: Sha256,
});
export type UpgradePlan = z.infer<typeof UpgradePlan>;

/** An attempted notification. A failure changes nothing else. */
export const Notification = z.strictObject({
  event: z.string(),
  at: Instant,
  outcome: z.enum(['sent', 'failed', 'nobody-to-tell']),
  problem: z.string().optional(),
});
export type Notification = z.infer<typeof Notification>;

/** The edge's traffic to one colour over some time. */
export const Traffic = z.strictObject({
  requests: z.int(),
  errors: z.int().describe('Answers of 500 and above, without the answers of the edge itself'),
  averageMs: z.number().describe('Mean time until the answer was complete, in milliseconds'),
  seconds: z.number(),
});
export type Traffic = z.infer<typeof Traffic>;

export const UpgradeReport = z.strictObject({
  ...reported('upgrade'),
  instance: InstanceName,
  outcome: z.enum(['planned', 'upgraded']),
  plan: UpgradePlan,
  decisions: z.array(Decision),
  safetySet: SetId.optional(),
  migrated: z.array(z.string()),
  readOnlyMs: z.int(),
  /** During the exchange of the generations; 0 beside. */
  unavailableMs: z.int(),
  switchedAt: Instant.optional(),
  traffic: z.strictObject({ before: Traffic, after: Traffic }).optional(),
  oldReleaseKeptUntil: Instant.optional(),
  notifications: z.array(Notification),
  addresses: z.record(z.string(), z.string()),
});
export type UpgradeReport = z.infer<typeof UpgradeReport>;

export const RollbackRequest = z
  .strictObject({
    instance: InstanceName,
    confirm: z
      .string()
      .optional()
      .describe('The name of the instance again, when going back loses what was written since the upgrade'),
    reason: z.string().default('asked for by an operator').describe('Kept in the report and the journal'),
    waitMinutes: waitMinutes(),
  })
  .describe('Goes back to the release an instance ran before its last upgrade, while that release is kept.');
export type RollbackRequest = z.infer<typeof RollbackRequest>;

export const RollbackReport = z.strictObject({
  ...reported('rollback'),
  instance: InstanceName,
  blueprint: BlueprintRef,
  /** Data written since the upgrade that the old generation lacks; empty when both releases share their stores. */
  lost: z.array(ContentsComparison),
  unavailableMs: z.int(),
  addresses: z.record(z.string(), z.string()),
});
export type RollbackReport = z.infer<typeof RollbackReport>;

/** Started by an upgrade itself: removes the old release when its grace period is over. */
export const RetireReleaseRequest = z
  .strictObject({ ...Identity.shape, colour: Colour, notBefore: Instant })
  .describe(
    'Removes a release that no longer serves, when its grace period is over. Upgrades start this procedure themselves.',
  );
export type RetireReleaseRequest = z.infer<typeof RetireReleaseRequest>;

export const RetireReleaseReport = z.strictObject({
  ...reported('retireRelease'),
  instance: InstanceName,
  colour: Colour,
  removed: z.array(z.string()),
});
export type RetireReleaseReport = z.infer<typeof RetireReleaseReport>;

export const upgradeContract = contract({
  type: 'upgrade',
  kind: 'procedure',
  request: UpgradeRequest,
  report: UpgradeReport,
  example: { instance: 'pharma', to: 'osmose@2.0.0' },
  runbook: 'upgrade',
});

export const rollbackContract = contract({
  type: 'rollback',
  kind: 'procedure',
  request: RollbackRequest,
  report: RollbackReport,
  example: { instance: 'pharma', reason: 'search answers with errors' },
  runbook: 'upgrade',
});

export const retireReleaseContract = contract({
  type: 'retireRelease',
  kind: 'internal',
  request: RetireReleaseRequest,
  report: RetireReleaseReport,
  example: {
    instance: 'pharma',
    id: '01K9D2T4N6QX8ZB3C5E7G9J1KM',
    colour: 'blue',
    notBefore: '2026-11-22T03:00:00.000Z',
  },
  runbook: 'upgrade',
});
