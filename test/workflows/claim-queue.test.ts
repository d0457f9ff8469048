import { describe, expect, test } from 'vitest';
import { LeaseToken } from '../../src/contracts/lease.ts';
import { ClaimQueue, type QueueState } from '../../src/workflows/claims/claim-queue.ts';

const claim = (workflowId: string) => ({ procedure: 'backup' as const, workflowId, runId: `run of ${workflowId}` });
const since = '2026-11-02T03:00:00.000Z';

function queue(state: Partial<QueueState> = {}): ClaimQueue {
  const asksNobody = { describeClaimant: () => Promise.reject(new Error('nobody is to be asked')) };
  return new ClaimQueue({ lastToken: 0, waiting: [], ...state }, asksNobody, {
    message: 'granted',
    what: 'lease',
    grant: (token) => ({ token }),
    isOver: () => false,
    afterDeath: () => Promise.resolve(undefined),
    show: () => undefined,
  });
}

describe('a request for a turn', () => {
  test('that comes with others, before any is granted, is told who goes first', () => {
    const desk = queue();
    expect(desk.request(claim('first'))).toEqual({ position: 0 });
    const first = expect.objectContaining(claim('first'));
    expect(desk.request(claim('second'))).toEqual({ position: 1, holder: first });
    expect(desk.request(claim('third'))).toEqual({ position: 2, holder: first });
    expect(desk.request(claim('second'))).toEqual({ position: 1, holder: first });
  });

  test('is told who holds it, and not with which token', () => {
    const held = { ...claim('holder'), since };
    const desk = queue({ holder: { ...held, token: LeaseToken.parse(7) }, waiting: [{ ...claim('before'), since }] });
    expect(desk.request(claim('holder'))).toEqual({ position: 0 });
    expect(desk.request(claim('asks'))).toEqual({ position: 2, holder: held });
  });
});
