import { expect, test } from 'vitest';
import { InstanceName } from '../../../src/contracts/ids.ts';
import type { Life } from '../../../src/contracts/retention.ts';
import { fullName } from '../../../src/model/instance/names.ts';
import { dataOf } from '../../../src/model/sets/foreign-set.ts';
import { idOf, setId } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const instance = InstanceName.parse('pharma');
const removedAt = '2026-11-21T03:00:00.000Z';
const gone: Life = { instance, id: idOf('pharma', 0), known: 'removed', removedAt, keepSetsUntil: removedAt };
const own: Life = { instance, id: idOf('pharma', 1), known: 'lives' };
const confirm = fullName(gone);

test.each<[string, Life, Life | undefined]>([
  ['of the instance itself', own, own],
  ['of one that lives, for a new instance', own, undefined],
  ['of one that Temporal has forgotten, for a new instance', { ...own, known: 'has sets' }, undefined],
])('a set %s needs no other word', (_, life, of) => {
  expect(dataOf(life, of?.id, { set: 'latest', confirm: 'pharma' })).toBeUndefined();
});

test.each([
  ['restore in place', own.id],
  ['new instance', undefined],
])('a set of a removed one is said in words in the plan of a %s', (_, of) => {
  const words = `this is the data of ${confirm}, removed on 2026-11-21`;
  expect(dataOf(gone, of, { set: setId, confirm })).toContain(words);
});

test.each<[string, { set: string; confirm?: string }, string, string]>([
  ['that is not named', { set: 'latest', confirm }, 'refused', 'which set must be said'],
  ['without a confirmation', { set: setId }, 'not-confirmed', 'nothing was typed'],
  ['with the name that both have', { set: setId, confirm: 'pharma' }, 'not-confirmed', '“pharma” was typed'],
  ['with the name of the one that lives', { set: setId, confirm: fullName(own) }, 'not-confirmed', 'full name'],
])('a set of a removed one %s is refused', (_, asked, code, words) => {
  for (const of of [own.id, undefined]) {
    const refusal = refusalFrom(() => dataOf(gone, of, asked));
    expect(refusal).toMatchObject({ code, message: expect.stringContaining(words) });
  }
});
