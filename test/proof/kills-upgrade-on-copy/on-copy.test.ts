import { inject, test } from 'vitest';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { upgradeOnCopy } from '../../support/kill-upgrade-cases.ts';
import { openPlane } from '../../support/plane.ts';
import { pushVersion } from '../../support/plane-runs.ts';

test('an upgrade on a copy whose host worker dies in every step ends with the new release on whole data', async () => {
  const plane = await openPlane(inject('plane'));
  await pushVersion(plane, '3.0.0');
  const killed = upgradeOnCopy(await subject(plane, 'kd', 3));
  await dieInEveryStep(killed, { moreThan: 15 });
  await plane.close();
});
