import { z } from 'zod';
import { HostName, Identity, Instant, SetId, Sha256 } from './ids.ts';
import { StepEvent } from './progress.ts';

/** Outcome of a look at a set. src/model/catalogue/evidence.ts lists the error codes that speak against the set. */
export const Finding = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('passed') }),
  z.strictObject({
    outcome: z.literal('failed'),
    code: z.string().describe('Error code'),
    problem: z.string().describe('Message of the error: what was tried and what was seen'),
  }),
]);
export type Finding = z.infer<typeof Finding>;

/** Duration of a step. */
export const StepTime = z.strictObject({ name: z.string(), ms: z.int().nonnegative() });
export type StepTime = z.infer<typeof StepTime>;

export const DrilledStep = StepTime.extend({
  events: z.array(StepEvent).optional().describe('Effects of the step on those who use the instance'),
});
export type DrilledStep = z.infer<typeof DrilledStep>;

const bytesVerified = { kind: z.literal('bytes-verified'), finding: Finding, sizeBytes: z.int().nonnegative() };
const drilled = {
  kind: z.literal('drilled'),
  finding: Finding,
  sizeBytes: z.int().nonnegative().describe('Stored bytes of the set'),
  host: HostName.describe('Host on which the drill ran'),
  recoveryMs: z
    .int()
    .nonnegative()
    .optional()
    .describe(
      'From the first fetched byte to a release that answers, in milliseconds; absent when no release answered',
    ),
  steps: z.array(DrilledStep).describe('Duration of each step'),
};

/** A procedure's statement about a set. */
export const Observation = z.discriminatedUnion('kind', [z.strictObject(bytesVerified), z.strictObject(drilled)]);
export type Observation = z.infer<typeof Observation>;

const place = {
  format: z.literal('drydock-evidence/1'),
  ...Identity.shape,
  set: SetId,
  number: z.int().positive().describe('Number of the record in the chain, from 1; also the name of the object'),
  at: Instant.describe('When the record was written, in UTC'),
  by: z.string().describe('Workflow id of the procedure that read the set'),
  run: z.string().describe('Run id of that procedure'),
  manifest: Sha256.describe('SHA-256 of the manifest.json that the procedure read'),
  previous: Sha256.optional().describe('SHA-256 of the record before this one; the first has none'),
};

/** `evidence/0001.json`, … beside a set's manifest: one look at the set. Written once, never changed. */
export const EvidenceRecord = z.discriminatedUnion('kind', [
  z.strictObject({ ...place, ...bytesVerified }),
  z.strictObject({ ...place, ...drilled }),
]);
export type EvidenceRecord = z.infer<typeof EvidenceRecord>;

/** Key and digest of a record: a kept reference shows whether the chain was rewritten since. */
export const EvidenceReference = z.strictObject({ key: z.string(), sha256: Sha256 });
export type EvidenceReference = z.infer<typeof EvidenceReference>;

/** The most that is proven of a set. `captured`: read back only when made. `bad`: the last look found it damaged. */
export const VerificationLevel = z.enum(['bad', 'captured', 'every byte', 'drilled']);
export type VerificationLevel = z.infer<typeof VerificationLevel>;

/** A set's last drill and its outcome. */
export const LastDrill = z.strictObject({
  at: Instant,
  finding: Finding,
  recoveryMs: z.int().nonnegative().optional(),
});
