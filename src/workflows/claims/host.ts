// biome-ignore-all lint/style/noRestrictedImports: an entity is a workflow by itself, not a procedure
import {
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { z } from 'zod';
import { Claimant, ClaimingRun, HostEntity, type LeaseAnswer, turnMessages } from '../../contracts/lease.ts';
import { invalidInput, toFailure } from '../../failures.ts';
import { hostDetails } from '../running/details.ts';
import { onTemporal } from '../running/on-temporal.ts';
import { plumbing } from '../running/steps.ts';
import { ClaimQueue } from './claim-queue.ts';
import { ignored } from './instance-messages.ts';

const TurnRequest = Claimant.omit({ since: true });
const TurnRelease = z.strictObject({ token: z.int() });

/** How long the idle entity waits for another job before it ends. */
const lingerMs = 5 * 60_000;

/**
 * The entity of one host: lets its heavy night jobs work one after the other.
 * Before:  the first job that wants a turn starts the entity in the same call.
 * After:   no job works or waits.
 * Failure: none; malformed messages are ignored, and so is a cancellation. A job that died loses its turn.
 */
export async function host(input: HostEntity): Promise<void> {
  const parsed = HostEntity.safeParse(input);
  if (!parsed.success) throw toFailure(invalidInput(parsed.error));
  const state = parsed.data;
  const queue: ClaimQueue = new ClaimQueue(state, plumbing(onTemporal), {
    message: turnMessages.granted,
    what: 'turn',
    grant: (token) => ({ host: state.host, token }),
    isOver: () => queue.idle,
    afterDeath: async () => undefined, // its instance cleans up after a dead job
    show: () => show(state, queue),
  });
  answerMessages(state, queue);
  const end = await CancellationScope.nonCancellable(() => untilIdle(queue));
  if (end === 'long') await continueAsNew<typeof host>(stateOf(state, queue));
}

async function untilIdle(queue: ClaimQueue): Promise<'over' | 'long'> {
  for (;;) {
    if ((await queue.serve()) === 'long') return 'long';
    if (await condition(() => !queue.idle, lingerMs, { summary: 'waits for another job' })) continue;
    await condition(allHandlersFinished);
    if (queue.idle) return 'over';
  }
}

function answerMessages(state: HostEntity, queue: ClaimQueue): void {
  setHandler(
    defineUpdate<LeaseAnswer, [unknown]>(turnMessages.request),
    (request) => ({ host: state.host, ...queue.request(TurnRequest.parse(request)) }),
    {
      validator: (request) => {
        const parsed = TurnRequest.safeParse(request);
        if (!parsed.success) throw toFailure(invalidInput(parsed.error));
      },
      description: 'A night job asks for a turn',
    },
  );
  const withdraw = (payload: unknown) => {
    const parsed = ClaimingRun.safeParse(payload);
    if (parsed.success) queue.withdraw(parsed.data);
    else ignored(turnMessages.withdraw, parsed.error);
  };
  setHandler(defineSignal<[unknown]>(turnMessages.withdraw), withdraw, { description: 'A job no longer wants a turn' });
  const release = (payload: unknown) => {
    const parsed = TurnRelease.safeParse(payload);
    if (parsed.success) queue.free(parsed.data.token);
    else ignored(turnMessages.release, parsed.error);
  };
  setHandler(defineSignal<[unknown]>(turnMessages.release), release, { description: 'A job gives its turn back' });
  setHandler(defineQuery<HostEntity>(turnMessages.state), () => stateOf(state, queue), {
    description: 'Which job works, and which wait',
  });
}

function stateOf({ host }: HostEntity, { lastToken, holder, waiting }: ClaimQueue): HostEntity {
  return { host, lastToken, waiting, ...(holder === undefined ? {} : { holder }) };
}

function show(state: HostEntity, queue: ClaimQueue): void {
  setCurrentDetails(hostDetails(stateOf(state, queue)));
  onTemporal.showAttributes({ DrydockHost: state.host });
}
