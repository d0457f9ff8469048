import { z } from 'zod';
import { BlueprintRef, Colour, Generation, HostName, InstanceName, Instant, Sha256, Tier } from './ids.ts';

/** A generation that no longer serves, kept until `keepUntil` for the way back. */
const RetiredGeneration = z.strictObject({ generation: Generation, keepUntil: Instant });

/** The release before the last upgrade, kept stopped until `keepUntil` for the way back. */
const PreviousRelease = z.strictObject({
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  keepUntil: Instant,
});

/**
 * `.drydock/instance.json`: the state of an instance on its host. The record and the labels of containers and volumes
 * are the observed truth: an instance survives the loss of Temporal.
 */
export const InstanceRecord = z.strictObject({
  format: z.literal('drydock-instance/1'),
  instance: InstanceName,
  host: HostName,
  tier: Tier,
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  storePorts: z.enum(['closed', 'loopback']),
  createdAt: Instant,
  retired: z.array(RetiredGeneration),
  previous: PreviousRelease.optional(),
});
export type InstanceRecord = z.infer<typeof InstanceRecord>;
