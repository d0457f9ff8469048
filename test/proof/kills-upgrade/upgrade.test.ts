import { inject, test } from 'vitest';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { subject } from '../../support/kill-subject.ts';
import { upgradeBeside } from '../../support/kill-upgrade-cases.ts';
import { openPlane } from '../../support/plane.ts';
import { pushVersion } from '../../support/plane-runs.ts';

test('an upgrade whose host worker dies in every step ends with the new release, and the old one comes back', async () => {
  const plane = await openPlane(inject('plane'));
  await pushVersion(plane, '2.0.0');
  const killed = upgradeBeside(await subject(plane, 'kc', 2));
  await dieInEveryStep(killed, { moreThan: 15 });
  await plane.close();
});
