import { z } from 'zod';
import { ClaimingRun, type HostEntity, hostEntity, turnMessages } from '../../contracts/lease.ts';
import { hostDetails } from '../running/details.ts';
import type { Platform } from '../running/platform.ts';
import { ClaimQueue } from './claim-queue.ts';
import { entity } from './entity.ts';
import { onMessage, onRequest, TurnRequest } from './messages.ts';

const TurnRelease = z.strictObject({ token: z.int() });

/** How long the idle entity waits for another job before it ends. */
const lingerMs = 5 * 60_000;

/**
 * The entity of one host: lets its heavy night jobs work one after the other.
 * Before:  the first job that wants a turn starts the entity in the same call.
 * After:   no job works or waits.
 * Failure: none; malformed messages are ignored, and so is a cancellation. A job that died loses its turn.
 */
export const host = entity({
  ...hostEntity,
  serve: async ({ host, ...state }, platform) => {
    const queue: ClaimQueue = new ClaimQueue(state, platform, {
      message: turnMessages.granted,
      what: 'turn',
      grant: (token) => ({ host, token }),
      isOver: () => queue.idle,
      afterDeath: async () => undefined, // its instance cleans up after a dead job
      show: () => {
        platform.show(hostDetails(stateOf(host, queue)));
        platform.showAttributes({ DrydockHost: host });
      },
    });
    answerMessages(host, queue, platform);
    return (await untilIdle(queue, platform)) === 'long' ? stateOf(host, queue) : undefined;
  },
});

async function untilIdle(queue: ClaimQueue, platform: Platform): Promise<'over' | 'long'> {
  for (;;) {
    if ((await queue.serve()) === 'long') return 'long';
    if (await platform.until(() => !queue.idle, { summary: 'waits for another job', timeoutMs: lingerMs })) continue;
    await queue.allAnswered();
    if (queue.idle) return 'over';
  }
}

function answerMessages(host: HostEntity['host'], queue: ClaimQueue, platform: Platform): void {
  onRequest(platform, {
    name: turnMessages.request,
    description: 'A night job asks for a turn',
    payload: TurnRequest,
    answer: (request) => ({ host, ...queue.request(request) }),
  });
  onMessage(platform, {
    name: turnMessages.withdraw,
    description: 'A job no longer wants a turn',
    payload: ClaimingRun,
    receive: (run) => void queue.withdraw(run),
  });
  onMessage(platform, {
    name: turnMessages.release,
    description: 'A job gives its turn back',
    payload: TurnRelease,
    receive: ({ token }) => queue.free(token),
  });
  platform.onQuery(turnMessages.state, {
    description: 'Which job works, and which wait',
    answer: () => stateOf(host, queue),
  });
}

function stateOf(host: HostEntity['host'], { lastToken, holder, waiting }: ClaimQueue): HostEntity {
  return { host, lastToken, waiting, holder };
}
