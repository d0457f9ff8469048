import { inject, test } from 'vitest';
import { caringFor } from '../../support/kill-cases.ts';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('what looks after an instance leaves it as it was, whichever step its host worker dies in', async () => {
  const plane = await openPlane(inject('plane'));
  for (const killed of caringFor(await subject(plane, 'kc', 7))) {
    await dieInEveryStep(killed, { moreThan: 0 });
  }
  await plane.close();
});
