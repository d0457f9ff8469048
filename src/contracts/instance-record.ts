import { z } from 'zod';
import { BlueprintRef, Colour, Generation, HostName, InstanceName, Instant, Sha256, Tier } from './ids.ts';

/** A generation that no longer serves and is kept for the way back until then. */
const RetiredGeneration = z.strictObject({ generation: Generation, keepUntil: Instant });

/** The release before the last upgrade, kept stopped for the way back until then. */
const PreviousRelease = z.strictObject({
  blueprint: z.strictObject({ ref: BlueprintRef, digest: Sha256 }),
  colour: Colour,
  generation: Generation,
  keepUntil: Instant,
});

/**
 * `.drydock/instance.json`: the state of an instance on its host. With the labels of its containers and volumes it is the
 * observed truth; Temporal can be lost without losing an instance.
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
