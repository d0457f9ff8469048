import { expect, inject, test } from 'vitest';
import { restoreAsOf } from '../../support/kill-cases.ts';
import { dieInEveryStep, recordSteps } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('a restore into a new instance whose host worker dies in every step still ends with the data of the set', async () => {
  const plane = await openPlane(inject('plane'));
  const killed = restoreAsOf(await subject(plane, 'ka', 1), 2);
  const steps = await recordSteps(killed);
  expect(Object.keys(steps).length).toBeGreaterThan(30);
  await dieInEveryStep(killed, steps, { middle: 'at once', after: 'at once' });
  await plane.close();
});
