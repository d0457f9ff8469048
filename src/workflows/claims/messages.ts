import type { z } from 'zod';
import { InstanceId } from '../../contracts/ids.ts';
import {
  Claimant,
  type ClaimingRun,
  type InstanceEntity,
  InstanceFacts,
  type LeaseAnswer,
} from '../../contracts/lease.ts';
import type { DrydockError } from '../../errors.ts';
import { invalidInput, toFailure } from '../../failures.ts';
import type { Platform } from '../running/platform.ts';

export const TurnRequest = Claimant.omit({ since: true });
/** `facts` are sent only by the procedure that makes the instance; `id` by one that knows which instance it means. */
export const LeaseRequest = TurnRequest.extend({ facts: InstanceFacts.optional(), id: InstanceId.optional() });
export type LeaseRequest = z.infer<typeof LeaseRequest>;

export type Holder = NonNullable<InstanceEntity['holder']>;

interface Message<Payload extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly payload: Payload;
  receive(message: z.output<Payload>): void;
}

/** A signal that cannot be read is ignored. */
export function onMessage<Payload extends z.ZodType>(platform: Platform, message: Message<Payload>): void {
  const { name, description, payload: schema } = message;
  const receive = (payload: unknown) => {
    const parsed = schema.safeParse(payload);
    if (parsed.success) message.receive(parsed.data);
    else platform.log.warn('ignored a message that cannot be read', { message: name, problem: parsed.error.message });
  };
  platform.onSignal(name, { description, receive });
}

interface Request<Payload extends z.ZodType> {
  readonly name: string;
  readonly description: string;
  readonly payload: Payload;
  /** What the asking procedure will read if it may not ask. Changes nothing. */
  refusal?(request: z.output<Payload>): DrydockError | undefined;
  answer(request: z.output<Payload>): LeaseAnswer;
}

/** An update that cannot be read is refused with every problem. */
export function onRequest<Payload extends z.ZodType>(platform: Platform, request: Request<Payload>): void {
  const { name, description, payload: schema } = request;
  platform.onUpdate(name, {
    description,
    admit: (payload) => {
      const parsed = schema.safeParse(payload);
      const refusal = parsed.success ? request.refusal?.(parsed.data) : invalidInput(parsed.error);
      if (refusal !== undefined) throw toFailure(refusal);
    },
    take: (payload) => request.answer(schema.parse(payload)),
  });
}

export function isSame(one: ClaimingRun, other: ClaimingRun): boolean {
  return one.workflowId === other.workflowId && one.runId === other.runId;
}

export function withoutToken({ token: _, ...claimant }: Holder): Claimant {
  return claimant;
}
