import { expect, inject, test } from 'vitest';
import { caringFor } from '../../support/kill-cases.ts';
import { dieInEveryStep, recordSteps } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('what looks after an instance leaves it as it was, whichever step its host worker dies in', async () => {
  const plane = await openPlane(inject('plane'));
  for (const killed of caringFor(await subject(plane, 'kc', 7))) {
    const steps = await recordSteps(killed);
    expect(Object.keys(steps).length, killed.name).toBeGreaterThan(0);
    await dieInEveryStep(killed, steps, { middle: 'at once', after: 'at once' });
  }
  await plane.close();
});
