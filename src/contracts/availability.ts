import { z } from 'zod';

const percent = (promised: number) => z.number().min(0).max(100).default(promised).describe('Instances of this tier');

/** Section `availability` of a blueprint. */
export const AvailabilityPromise = z.strictObject({ standard: percent(99.5), premium: percent(99.95) });
