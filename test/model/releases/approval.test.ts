import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Sha256 } from '../../../src/contracts/ids.ts';
import {
  type Approval,
  answerOf,
  askApproval,
  close,
  decide,
  expire,
  refusalOf,
  replay,
  type Said,
  watch,
} from '../../../src/model/releases/approval.ts';

const plan = Sha256.parse('ab'.repeat(32));
const other = Sha256.parse('cd'.repeat(32));
const asked = new Date('2026-11-21T12:00:00.000Z');
const later = new Date('2026-11-21T13:00:00.000Z');
const tooLate = new Date('2026-11-22T12:00:00.000Z');

function waiting(approvals = 1): Approval {
  return askApproval({ hash: plan, approvals }, asked, 24);
}
function yes(by: string, changes: Partial<Said> = {}): Said {
  return { decision: 'approved', plan, by, through: 'update', ...changes };
}
function no(by: string, changes: Partial<Said> = {}): Said {
  return yes(by, { decision: 'rejected', ...changes });
}
function having(start: Approval, ...messages: Said[]): Approval {
  return messages.reduce((approval, said) => decide(approval, said, later), start);
}

test('it waits until the hours are over', () => {
  expect(waiting()).toEqual({
    state: 'waiting',
    plan,
    needed: 1,
    expiresAt: '2026-11-22T12:00:00.000Z',
    decisions: [],
  });
});

describe('decisions count', () => {
  test.each<[string, Approval, Said[], Approval['state']]>([
    ['one approval where one is needed', waiting(), [yes('alice')], 'approved'],
    ['one of two', waiting(2), [yes('alice')], 'waiting'],
    ['two of two', waiting(2), [yes('alice'), yes('bob', { through: 'signal' })], 'approved'],
    ['a rejection at once', waiting(), [no('alice')], 'rejected'],
    ['a rejection after one of two', waiting(2), [yes('alice'), no('bob')], 'rejected'],
    ['a rejection by who approved before', waiting(2), [yes('alice'), no('alice')], 'rejected'],
    ['a rejection while the new release is watched', watch(having(waiting(), yes('alice'))), [no('bob')], 'rejected'],
    [
      'a rejection while it is watched, by who approved',
      watch(having(waiting(), yes('alice'))),
      [no('alice')],
      'rejected',
    ],
  ])('%s', (_, start, messages, state) => {
    expect(having(start, ...messages).state).toBe(state);
  });

  test('and are kept with who, when, how and why', () => {
    const decided = having(waiting(2), yes('alice', { comment: 'looked at it' }), no('bob', { through: 'signal' }));
    const at = later.toISOString();
    expect(decided).toMatchObject({ state: 'rejected', by: 'bob' });
    expect(decided.decisions).toEqual([
      { decision: 'approved', plan, by: 'alice', comment: 'looked at it', at, through: 'update' },
      { decision: 'rejected', plan, by: 'bob', at, through: 'signal' },
    ]);
  });

  test('and are answered with how many there are', () => {
    const first = yes('alice');
    expect(answerOf(having(waiting(2), first), first)).toEqual({ decision: 'approved', approvals: 1, needed: 2 });
    const last = no('bob');
    expect(answerOf(having(waiting(2), first, last), last)).toEqual({ decision: 'rejected', approvals: 1, needed: 2 });
  });
});

describe('is refused, and changes nothing', () => {
  const approved = having(waiting(), yes('alice'));
  test.each<[string, Approval, Said, Date, string]>([
    ['another plan', waiting(), yes('bob', { plan: other }), later, `the plan is ${plan}`],
    ['another plan to be rejected', watch(approved), no('bob', { plan: other }), later, `the plan is ${plan}`],
    ['too late', waiting(), yes('bob'), tooLate, 'nobody decided until 2026-11-22T12:00:00.000Z'],
    ['a rejection too late', waiting(), no('bob'), tooLate, 'nobody decided until 2026-11-22T12:00:00.000Z'],
    ['too late, when it was noticed', expire(waiting(), tooLate), yes('bob'), tooLate, 'nobody decided until'],
    ['the same person twice', having(waiting(2), yes('alice')), yes('alice'), later, 'alice has approved it already'],
    [
      'the same person written otherwise',
      having(waiting(2), yes('alice')),
      yes(' Alice'),
      later,
      'Alice has approved it already, and two must',
    ],
    ['approved already', approved, yes('bob'), later, 'it is approved already, by alice'],
    ['a rejection of what is approved', approved, no('bob'), later, 'it is approved already, by alice'],
    ['rejected already', having(waiting(), no('eve')), yes('bob'), later, 'it is rejected already, by eve'],
    ['rejected already, again', having(waiting(), no('eve')), no('bob'), later, 'it is rejected already, by eve'],
    ['an approval while it is watched', watch(approved), yes('bob'), later, 'it is approved already, by alice'],
    ['a rejection after the watch', close(watch(approved)), no('bob'), later, 'the watch is over'],
    ['an approval after the watch', close(watch(approved)), yes('bob'), later, 'the watch is over'],
  ])('%s', (_, approval, said, now, seen) => {
    const before = structuredClone(approval);
    expect(refusalOf(approval, said, now)).toMatchObject({ code: 'refused', message: expect.stringContaining(seen) });
    expect(() => decide(approval, said, now)).toThrow(expect.objectContaining({ code: 'refused' }));
    expect(approval).toEqual(before);
  });

  test('what is refused says whose decision about which plan', () => {
    expect(refusalOf(approved, no('bob'), later)?.message).toBe(
      `reject plan ${plan} as bob: it is approved already, by alice`,
    );
  });
});

describe('time', () => {
  test.each<[string, Approval, Date, Approval['state']]>([
    ['ends the wait on the moment', waiting(), tooLate, 'expired'],
    ['ends it not before', waiting(), new Date(tooLate.getTime() - 1), 'waiting'],
    ['ends it when one of two approved', having(waiting(2), yes('alice')), tooLate, 'expired'],
    ['does not end what is approved', having(waiting(), yes('alice')), tooLate, 'approved'],
    ['does not end a watch', watch(having(waiting(), yes('alice'))), tooLate, 'watching'],
  ])('%s', (_, approval, now, state) => {
    expect(expire(approval, now)).toMatchObject({ state, decisions: approval.decisions });
  });
});

test('only what is approved is watched, and only a watch is closed', () => {
  expect(watch(waiting()).state).toBe('waiting');
  expect(close(having(waiting(), yes('alice'))).state).toBe('approved');
  expect(watch(having(waiting(), no('alice'))).state).toBe('rejected');
});

describe('messages from before the plan', () => {
  test('count in their order, and those that do not are told', () => {
    const kept = [yes('eve', { plan: other }), yes('alice'), yes('alice'), yes('bob'), no('carol')];
    const { approval, refused } = replay(waiting(2), kept, later);
    expect(approval).toMatchObject({ state: 'approved', decisions: [{ by: 'alice' }, { by: 'bob' }] });
    expect(refused.map(({ message }) => message)).toEqual([
      `approve plan ${other} as eve: the plan is ${plan}`,
      `approve plan ${plan} as alice: alice has approved it already, and two must`,
      `reject plan ${plan} as carol: it is approved already, by alice and bob`,
    ]);
  });

  test('change nothing when there are none', () => {
    expect(replay(waiting(), [], later)).toEqual({ approval: waiting(), refused: [] });
  });
});

test('whatever is said, it is approved exactly when enough different people approved before anybody rejected', () => {
  const message = fc.record({
    decision: fc.constantFrom('approved', 'approved', 'rejected'),
    plan: fc.constantFrom(plan, plan, other),
    by: fc.constantFrom('alice', 'ALICE', 'bob', 'carol'),
    through: fc.constantFrom('update', 'signal'),
  }) as fc.Arbitrary<Said>;
  fc.assert(
    fc.property(fc.array(message, { maxLength: 8 }), fc.constantFrom(1, 2), (messages, needed) => {
      const people = new Set<string>();
      let expected: Approval['state'] = 'waiting';
      for (const said of messages.filter((candidate) => candidate.plan === plan)) {
        if (expected !== 'waiting') break;
        if (said.decision === 'rejected') expected = 'rejected';
        else if (people.add(said.by.toLowerCase()).size >= needed) expected = 'approved';
      }
      const { approval } = replay(waiting(needed), messages, later);
      expect(approval.state).toBe(expected);
      expect(approval.decisions.every((decision) => decision.plan === plan)).toBe(true);
    }),
  );
});
