import { inject, test } from 'vitest';
import { restoreOf } from '../../support/kill-cases.ts';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('a restore whose host worker dies in every step still ends with the data of the set', async () => {
  const plane = await openPlane(inject('plane'));
  const killed = restoreOf(await subject(plane, 'kb', 1));
  await dieInEveryStep(killed, { moreThan: 30 });
  await plane.close();
});
