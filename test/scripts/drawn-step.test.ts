import { expect, test } from 'vitest';
import { drawnStep, stepOfCommit } from '../support/drawn-step.ts';

test('a commit draws the same step again, and commits draw all of them', () => {
  const commits = Array.from({ length: 2_000 }, (_, number) => number.toString(16).padStart(40, '0'));
  const drawn = commits.map((commit) => stepOfCommit('backup', 25, commit));
  expect(drawn).toEqual(commits.map((commit) => stepOfCommit('backup', 25, commit)));
  expect([...new Set(drawn)].sort((one, other) => one - other)).toEqual(Array.from({ length: 25 }, (_, at) => at + 1));
});

test('KILL_STEP is a number for every procedure, or the name of a step of its own', () => {
  expect(drawnStep('backup', 25, { KILL_STEP: '7' })).toBe(7);
  expect(drawnStep('backup', 25, { KILL_STEP: 'backup commit-set' })).toBe('backup commit-set');
  expect(drawnStep('restore', 25, { KILL_STEP: 'backup commit-set' })).toBeTypeOf('number');
});
