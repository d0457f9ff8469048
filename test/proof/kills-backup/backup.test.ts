import { expect, inject, test } from 'vitest';
import { backupOf } from '../../support/kill-cases.ts';
import { dieInEveryStep, recordSteps } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('a backup whose host worker dies in every step still ends with a whole set', async () => {
  const plane = await openPlane(inject('plane'));
  const killed = backupOf(await subject(plane, 'ka', 0));
  const steps = await recordSteps(killed);
  expect(Object.keys(steps).length).toBeGreaterThan(25);
  await dieInEveryStep(killed, steps, { middle: 'by silence', after: 'at once' });
  await plane.close();
});
