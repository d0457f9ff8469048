import { z } from 'zod';
import { HostName, InstanceName, Instant, SetId, Sha256 } from './ids.ts';
import { StepEvent } from './progress.ts';

/** How a look at a set ended. `code` is an error code; which of them speak against the set itself is in src/model/catalogue/evidence.ts. */
export const Finding = z.discriminatedUnion('outcome', [
  z.strictObject({ outcome: z.literal('passed') }),
  z.strictObject({
    outcome: z.literal('failed'),
    code: z.string().describe('Error code'),
    problem: z.string().describe('What was tried and what was seen'),
  }),
]);
export type Finding = z.infer<typeof Finding>;

/** What a step took. */
export const StepTime = z.strictObject({ name: z.string(), ms: z.int().nonnegative() });
export type StepTime = z.infer<typeof StepTime>;

export const DrilledStep = StepTime.extend({
  events: z.array(StepEvent).optional().describe('What it has done for those who use the instance'),
});
export type DrilledStep = z.infer<typeof DrilledStep>;

const bytesVerified = { kind: z.literal('bytes-verified'), finding: Finding, sizeBytes: z.int().nonnegative() };
const drilled = {
  kind: z.literal('drilled'),
  finding: Finding,
  sizeBytes: z.int().nonnegative().describe('Stored bytes of the set'),
  host: HostName.describe('Where the drill ran'),
  recoveryMs: z
    .int()
    .nonnegative()
    .optional()
    .describe('From the first fetched byte to a release that answers, in milliseconds; absent when it never answered'),
  steps: z.array(DrilledStep).describe('What each step took'),
};

/** What a procedure has to say about a set. */
export const Observation = z.discriminatedUnion('kind', [z.strictObject(bytesVerified), z.strictObject(drilled)]);
export type Observation = z.infer<typeof Observation>;

const place = {
  format: z.literal('drydock-evidence/1'),
  instance: InstanceName,
  set: SetId,
  number: z.int().positive().describe('Place in the chain, from 1; also the name of the object'),
  at: Instant.describe('When it was written, in UTC'),
  by: z.string().describe('Workflow id of the procedure that looked'),
  run: z.string().describe('Its run id'),
  manifest: Sha256.describe('SHA-256 of the manifest.json that was looked at'),
  previous: Sha256.optional().describe('SHA-256 of the record before this one; the first has none'),
};

/** `evidence/0001.json`, … beside the manifest of a set: what was found when somebody looked at it. Written once, never changed. */
export const EvidenceRecord = z.discriminatedUnion('kind', [
  z.strictObject({ ...place, ...bytesVerified }),
  z.strictObject({ ...place, ...drilled }),
]);
export type EvidenceRecord = z.infer<typeof EvidenceRecord>;

/** Where a record lies, and its digest: who keeps this can tell whether the chain was written anew since. */
export const EvidenceReference = z.strictObject({ key: z.string(), sha256: Sha256 });
export type EvidenceReference = z.infer<typeof EvidenceReference>;

/** The most that is proven of a set. `captured`: read back when it was made, and not since. `bad`: the last look found it damaged. */
export const VerificationLevel = z.enum(['bad', 'captured', 'every byte', 'drilled']);
export type VerificationLevel = z.infer<typeof VerificationLevel>;

/** The last drill of a set that says how it ended. */
export const LastDrill = z.strictObject({
  at: Instant,
  finding: Finding,
  recoveryMs: z.int().nonnegative().optional(),
});
