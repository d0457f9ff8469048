import { z } from 'zod';
import { InstanceName, SetId } from './ids.ts';
import { Manifest, SetSummary } from './manifest.ts';

export const SetsRequest = z
  .strictObject({ instance: InstanceName })
  .describe('Lists the recovery sets of an instance, newest first.');
export type SetsRequest = z.infer<typeof SetsRequest>;
export const SetsReport = z.strictObject({ instance: InstanceName, sets: z.array(SetSummary) });
export type SetsReport = z.infer<typeof SetsReport>;

export const SetRequest = z.strictObject({ set: SetId }).describe('Shows one manifest, whole.');
export type SetRequest = z.infer<typeof SetRequest>;
export const SetReport = z.strictObject({ manifest: Manifest });
export type SetReport = z.infer<typeof SetReport>;
