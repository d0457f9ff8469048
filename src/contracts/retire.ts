import { z } from 'zod';
import { Generation, Identity, InstanceName, Instant } from './ids.ts';
import { contract, reported } from './procedure.ts';

export const RetireRequest = z
  .strictObject({
    ...Identity.shape,
    generation: Generation.describe('Generation to remove; the serving one is refused'),
    notBefore: Instant.describe('When the grace period of the generation is over'),
  })
  .describe(
    'Removes a generation that no longer serves, when its grace period is over. A restore starts this procedure by itself.',
  );
export type RetireRequest = z.infer<typeof RetireRequest>;

export const RetireReport = z.strictObject({
  ...reported('retireGeneration'),
  instance: InstanceName,
  generation: Generation,
  removed: z.array(z.string()),
});
export type RetireReport = z.infer<typeof RetireReport>;

export const retireGenerationContract = contract({
  type: 'retireGeneration',
  kind: 'internal',
  request: RetireRequest,
  report: RetireReport,
  example: {
    instance: 'pharma',
    id: '01K9D2T4N6QX8ZB3C5E7G9J1KM',
    generation: 1,
    notBefore: '2026-11-22T03:00:00.000Z',
  },
  runbook: 'restore',
});
