import { z } from 'zod';
import { BlueprintRef, Colour, Generation, HostName, Identity, Instant, SetId, Sha256, Tier } from './ids.ts';

/** A generation that no longer serves, kept until `keepUntil` for the way back. */
const RetiredGeneration = z.strictObject({ generation: Generation, keepUntil: Instant });

/** The release before the last upgrade, kept stopped until `keepUntil` for the way back. */
const PreviousRelease = z.strictObject({
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  keepUntil: Instant,
});

/** Where the data of an instance came from when the instance was made. Gives no right to the other's sets. */
export const Lineage = Identity.extend({ set: SetId });
export type Lineage = z.infer<typeof Lineage>;

/**
 * `.drydock/instance.json`: the state of an instance on its host. The record and the labels of containers and volumes
 * are the observed truth: an instance survives the loss of Temporal.
 */
export const InstanceRecord = z.strictObject({
  format: z.literal('drydock-instance/1'),
  ...Identity.shape,
  host: HostName,
  tier: Tier,
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  storePorts: z.enum(['closed', 'loopback']),
  createdAt: Instant,
  lineage: Lineage.optional(),
  retired: z.array(RetiredGeneration),
  previous: PreviousRelease.optional(),
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;
