import { inject, test } from 'vitest';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { rollbackOf } from '../../support/kill-upgrade-cases.ts';
import { openPlane } from '../../support/plane.ts';
import { pushVersion } from '../../support/plane-runs.ts';

test('going back, with a host worker that dies in every step, ends with the old release', async () => {
  const plane = await openPlane(inject('plane'));
  await pushVersion(plane, '2.0.0');
  const killed = rollbackOf(await subject(plane, 'kf', 5));
  await dieInEveryStep(killed, { moreThan: 5 });
  await plane.close();
});
