import { inject, test } from 'vitest';
import { backupOf } from '../../support/kill-cases.ts';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('a backup whose host worker dies in every step still ends with a whole set', async () => {
  const plane = await openPlane(inject('plane'));
  const killed = backupOf(await subject(plane, 'ka', 0));
  await dieInEveryStep(killed, { moreThan: 25, middle: 'by silence' });
  await plane.close();
});
