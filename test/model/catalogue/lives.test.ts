import { describe, expect, test } from 'vitest';
import { InstanceName } from '../../../src/contracts/ids.ts';
import { Life } from '../../../src/contracts/retention.ts';
import { chooseLife, describeLife } from '../../../src/model/catalogue/lives.ts';
import { idOf } from '../../support/builders.ts';
import { refusalFrom } from '../../support/refusals.ts';

const instance = InstanceName.parse('pharma');
const removedAt = '2026-11-21T03:00:00.000Z';
const keepSetsUntil = '2026-12-21T03:00:00.000Z';
const [first, second] = [idOf('pharma', 0), idOf('pharma', 1)];
const life = (id: string, known: Life['known'], more: object = {}) => Life.parse({ instance, id, known, ...more });
const gone = (id: string) => life(id, 'removed', { removedAt, keepSetsUntil });

describe('a name that Temporal does not know means', () => {
  test.each<[string, Life[], string]>([
    ['the only instance that the bucket knows', [life(first, 'has a journal')], first],
    ['the only one that was removed', [gone(first)], first],
    ['the one that has sets and was not removed', [gone(first), life(second, 'has sets')], second],
    ['no instance whose making failed', [life(first, 'has sets'), life(second, 'has a journal')], first],
  ])('%s', (_, lives, id) => {
    expect(chooseLife({ instance }, lives).id).toBe(id);
  });

  test('none of several, which are all named', () => {
    expect(refusalFrom(() => chooseLife({ instance }, [gone(first), gone(second)]))).toMatchObject({
      code: 'refused',
      problems: [expect.stringContaining(first), expect.stringContaining(second)],
    });
  });

  test('nothing when nobody knows it', () => {
    expect(refusalFrom(() => chooseLife({ instance }, []))).toMatchObject({ code: 'not-found' });
  });
});

test('with an id a name means that instance and no other', () => {
  const lives = [gone(first), life(second, 'has sets')];
  expect(chooseLife({ instance, id: first }, lives)).toEqual(gone(first));
  expect(refusalFrom(() => chooseLife({ instance, id: idOf('pharma', 2) }, lives))).toMatchObject({
    code: 'not-found',
    problems: lives.map(describeLife),
  });
});

test('a removed instance is described with its full name, and until when its sets are kept', () => {
  expect(describeLife(gone(first))).toBe(`pharma.${first}, removed on 2026-11-21, its sets are kept until 2026-12-21`);
});
