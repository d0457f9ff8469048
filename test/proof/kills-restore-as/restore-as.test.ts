import { inject, test } from 'vitest';
import { restoreAsOf } from '../../support/kill-cases.ts';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';

test('a restore into a new instance whose host worker dies in every step still ends with the data of the set', async () => {
  const plane = await openPlane(inject('plane'));
  const killed = restoreAsOf(await subject(plane, 'ka', 1), 2);
  await dieInEveryStep(killed, { moreThan: 30 });
  await plane.close();
});
