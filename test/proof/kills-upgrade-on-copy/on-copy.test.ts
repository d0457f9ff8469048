import { expect, inject, test } from 'vitest';
import { dieInEveryStep, recordSteps } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { pushVersion, upgradeOnCopy } from '../../support/kill-upgrade-cases.ts';
import { openPlane } from '../../support/plane.ts';

test('an upgrade on a copy whose host worker dies in every step ends with the new release on whole data', async () => {
  const plane = await openPlane(inject('plane'));
  await pushVersion(plane, '3.0.0');
  const killed = upgradeOnCopy(await subject(plane, 'kd', 3));
  const steps = await recordSteps(killed);
  expect(Object.keys(steps).length).toBeGreaterThan(15);
  await dieInEveryStep(killed, steps, { middle: 'at once', after: 'at once' });
  await plane.close();
});
