import { z } from 'zod';
import {
  BlueprintRef,
  Colour,
  Generation,
  HostName,
  Identity,
  InstanceId,
  InstanceName,
  Instant,
  ServiceName,
  SetId,
  Sha256,
  Tier,
  VariableName,
} from './ids.ts';
import { waitMinutes } from './lease.ts';
import { Artifact, StoreRecord } from './manifest.ts';
import { contract, reported } from './procedure.ts';

const sources = {
  instance: InstanceName.describe('Instance to which the set belongs; it may be gone when `as` is given'),
  id: InstanceId.optional().describe(
    'Id of a removed instance of this name, whose set is to be taken; `set` is then an id, and `confirm` the full name',
  ),
  set: z
    .union([z.literal('latest'), SetId])
    .default('latest')
    .describe('Which set: latest, which is the newest whole one, or an id'),
  newest: z
    .array(ServiceName)
    .default([])
    .describe(
      'Stores to take from the newest set or capture that holds them, when that is newer than `set`. Their data is then of another moment than the data of the other stores',
    ),
};

export const RestoreAsRequest = z.strictObject({
  ...sources,
  as: InstanceName.describe('Makes a new instance of this name, and touches nothing that exists'),
  confirm: z
    .string()
    .optional()
    .describe('The full name of the removed instance whose set is taken, such as pharma.01K9D2T4N6QX8ZB3C5E7G9J1KM'),
  host: HostName.optional().describe('Host of the new instance'),
  tier: Tier.optional().describe('Tier of the new instance'),
  variables: z.record(VariableName, z.string()).default({}).describe('Values that differ from those in the set'),
  storePorts: z
    .enum(['closed', 'loopback'])
    .default('closed')
    .describe('loopback publishes the stores on 127.0.0.1 of the host'),
  waitMinutes: waitMinutes(),
});
export type RestoreAsRequest = z.infer<typeof RestoreAsRequest>;

const RestoreInPlaceRequest = z.strictObject({
  ...sources,
  confirm: z
    .string()
    .optional()
    .describe(
      'The name of the instance again, or with `id` the full name of the removed one; without it nothing is replaced',
    ),
  skipSafetySet: z
    .string()
    .min(3)
    .optional()
    .describe('Reason to take no set of the present data first. Without a reason a set is taken'),
  graceHours: z
    .number()
    .nonnegative()
    .max(24 * 30)
    .default(24)
    .describe('How long the old generation is kept for the way back, in hours'),
  waitMinutes: waitMinutes(),
});

export const RestoreRequest = z
  .union([RestoreAsRequest, RestoreInPlaceRequest])
  .describe('Brings an instance back to a recovery set, or makes a new instance from one.');
export type RestoreRequest = z.infer<typeof RestoreRequest>;

/** Limits for the containers of a drill, so that the serving instance does not notice them. */
export const DrillTerms = z.strictObject({
  /** Per service: processors, and memory in bytes. */
  limits: z.record(ServiceName, z.strictObject({ cpus: z.number().positive(), memoryBytes: z.int().positive() })),
  /** Weight against other containers, which have 1024, when processors are short. */
  cpuShares: z.int(),
});
export type DrillTerms = z.infer<typeof DrillTerms>;

export const DrillPurpose = z.strictObject({ kind: z.literal('drill'), terms: DrillTerms });

/**
 * A generation's purpose, which decides its blueprint and `.env`: `serve` takes the serving release's, `copy` those of
 * the candidate of that colour, `drill` the set's own; a drill obeys these terms and never serves.
 */
const BuildPurpose = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('serve') }),
  z.strictObject({ kind: z.literal('copy'), release: Colour }),
  DrillPurpose,
]);

/** A store from a newer set than the others. */
export const NewerSource = z.strictObject({
  store: ServiceName,
  set: SetId,
  createdAt: Instant,
  /** How much later its set was made than the others', in milliseconds. */
  laterMs: z.int().nonnegative(),
});
export type NewerSource = z.infer<typeof NewerSource>;

/** The plan of the next generation of stores, built from a set beside the serving one. */
export const RestorePlan = Identity.extend({
  set: SetId,
  /** The instance that the set is of. */
  source: Identity,
  /** In words, whose data it is, if the set is of an instance that was removed. */
  dataOf: z.string().optional(),
  host: HostName,
  project: z.string(),
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  purpose: BuildPurpose,
  fromGeneration: Generation,
  toGeneration: Generation,
  /** Stores in the order of their loading. */
  stores: z.array(ServiceName),
  volumes: z.record(ServiceName, z.string()),
  images: z.record(ServiceName, z.string()),
  artifacts: z.array(Artifact),
  expected: z.array(StoreRecord),
  setCreatedAt: Instant,
  /** Empty when every store comes from `set`. */
  newer: z.array(NewerSource),
  /** Directory below `.drydock/staging` for all files of this run. */
  staging: z.string(),
  stagingBytes: z.int(),
  hash: Sha256,
});
export type RestorePlan = z.infer<typeof RestorePlan>;

/** Differences between a set and the restored store; an empty list means equal. */
export const ContentsComparison = z.strictObject({
  store: ServiceName,
  equal: z.boolean(),
  differences: z.array(z.string()),
});
export type ContentsComparison = z.infer<typeof ContentsComparison>;

export const RestoreReport = z.strictObject({
  ...reported('restore'),
  instance: InstanceName,
  set: SetId,
  /** Stores that do not come from `set`; absent without any. */
  newer: z.array(NewerSource).optional(),
  generation: Generation,
  /** From entering maintenance to opening, in milliseconds; 0 for a new instance. */
  unavailableMs: z.int(),
  safetySet: SetId.optional(),
  oldGenerationKeptUntil: Instant.optional(),
  comparisons: z.array(ContentsComparison),
  addresses: z.record(z.string(), z.string()),
});
export type RestoreReport = z.infer<typeof RestoreReport>;

export const restoreContract = contract({
  type: 'restore',
  kind: 'procedure',
  request: RestoreRequest,
  report: RestoreReport,
  example: { instance: 'pharma', confirm: 'pharma' },
  runbook: 'restore',
});
