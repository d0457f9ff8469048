import type { z } from 'zod';
import {
  Claimant,
  type ClaimingRun,
  type InstanceEntity,
  InstanceFacts,
  type LeaseRelease,
} from '../../contracts/lease.ts';
import { onTemporal } from '../running/on-temporal.ts';

/** `facts` are sent only by the procedure that makes the instance. */
export const LeaseRequest = Claimant.omit({ since: true }).extend({ facts: InstanceFacts.optional() });
export type LeaseRequest = z.infer<typeof LeaseRequest>;

export type Holder = NonNullable<InstanceEntity['holder']>;

/** An instance is never renamed. A new mode without a reason drops the old mode's reason. */
export function merged(known: InstanceFacts, changed: z.output<typeof LeaseRelease>['facts'] & object): InstanceFacts {
  const { modeReason, ...kept } = known;
  const base = changed.mode === undefined ? known : kept;
  const result = InstanceFacts.safeParse({ ...base, ...changed, instance: known.instance });
  if (result.success) return result.data;
  onTemporal.log.error('kept the old facts: the new ones are not valid', { problem: result.error.message });
  return known;
}

export function isSame(one: ClaimingRun, other: ClaimingRun): boolean {
  return one.workflowId === other.workflowId && one.runId === other.runId;
}

export function withoutToken({ token: _, ...claimant }: Holder): Claimant {
  return claimant;
}

export function ignored(message: string, error: z.ZodError): void {
  onTemporal.log.warn('ignored a message that cannot be read', { message, problem: error.message });
}
