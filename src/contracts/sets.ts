import { z } from 'zod';
import { InstanceId, InstanceName, SetId } from './ids.ts';
import { Manifest, SetSummary } from './manifest.ts';
import { contract, reported } from './procedure.ts';
import { Life } from './retention.ts';

export const SetsRequest = z
  .strictObject({
    instance: InstanceName,
    id: InstanceId.optional().describe('Its id, where several instances had the name; without it the one that lives'),
    removed: z.boolean().default(false).describe('Lists the sets of the removed instances of this name instead'),
  })
  .describe('Lists the recovery sets of an instance, newest first.');
export const SetsReport = z.strictObject({
  ...reported('sets'),
  instance: InstanceName,
  /** Each instance whose sets were asked for, oldest first; `sets` are theirs, newest first. */
  lives: z.array(Life),
  sets: z.array(SetSummary),
});
export type SetsReport = z.infer<typeof SetsReport>;

export const SetRequest = z.strictObject({ set: SetId }).describe('Shows one manifest, whole.');
const SetReport = z.strictObject({ ...reported('set'), manifest: Manifest });

export const setsContract = contract({
  type: 'sets',
  kind: 'question',
  request: SetsRequest,
  report: SetsReport,
  example: { instance: 'pharma' },
  runbook: 'backup',
});

export const setContract = contract({
  type: 'set',
  kind: 'question',
  request: SetRequest,
  report: SetReport,
  example: { set: '20261121T030000Z-1a2b3c4d' },
  runbook: 'backup',
});
