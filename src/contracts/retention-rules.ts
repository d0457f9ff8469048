import { z } from 'zod';

/** A tier's rules for keeping sets. The `keep` numbers count periods in UTC with a set; the last set of each stays. */
function tierRules(withinDays: number) {
  return z
    .strictObject({
      keepWithinDays: z.int().min(0).max(3650).default(withinDays).describe('Age up to which every set stays, in days'),
      keepDaily: z
        .int()
        .min(0)
        .max(3650)
        .default(0)
        .describe('Number of days of which the last set stays, beyond that age'),
      keepWeekly: z.int().min(0).max(520).default(0).describe('Number of weeks of which the last set stays'),
      keepMonthly: z.int().min(0).max(120).default(0).describe('Number of months of which the last set stays'),
    })
    .prefault({});
}

/** How many recovery sets are kept, and how long. */
export const RetentionRules = z.strictObject({
  premium: tierRules(30).describe('For instances of this tier'),
  standard: tierRules(7).describe('For instances of this tier'),
  keepVerified: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('How many of the last verified sets stay, however old; while there are fewer, other sets stand in'),
  orphanGraceHours: z
    .int()
    .min(24)
    .max(24 * 365)
    .default(48)
    .describe('Age at which the remains of an unfinished backup are deleted, in hours'),
});
