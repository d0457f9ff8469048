import { z } from 'zod';
import { Instant, Sha256 } from './ids.ts';

/** Name of a person or a service, in free form. */
export const Approver = z.string().trim().min(1).max(100);

/** Payload of `approve` and `reject`, as an update (answered) or as a signal (not answered). */
export const ApprovalMessage = z
  .strictObject({
    plan: Sha256.describe(
      'Hash of the plan that was read; the run shows the hash in its details and in the answer to `progress`',
    ),
    by: Approver.describe('Who decides: a person or a service'),
    comment: z.string().max(1000).optional().describe('Why; kept in the report and the journal'),
  })
  .describe('Says yes or no to one plan.');
export type ApprovalMessage = z.infer<typeof ApprovalMessage>;

/** A decision in the form that reports keep. */
export const Decision = z.strictObject({
  decision: z.enum(['approved', 'rejected']),
  plan: Sha256,
  by: z.string(),
  comment: z.string().optional(),
  at: Instant,
  /** `request`: whoever started the run approved this plan in advance. */
  through: z.enum(['request', 'update', 'signal']),
});
export type Decision = z.infer<typeof Decision>;

/** Answer to an accepted update: the number of approvals, and the number needed. */
export const ApprovalAnswer = z.strictObject({
  decision: Decision.shape.decision,
  approvals: z.int(),
  needed: z.int(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

/** Names of the messages, the same for the update and for the signal. */
export const approvalMessages = { approve: 'approve', reject: 'reject' } as const;
