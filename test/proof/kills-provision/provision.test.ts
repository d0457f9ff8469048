import { afterAll, beforeAll, inject, test } from 'vitest';
import { harnessHost } from '../../support/harness-host.ts';
import { comingAndGoing } from '../../support/kill-cases.ts';
import { dieInEveryStep } from '../../support/kill-harness.ts';
import { openPlane, type Plane } from '../../support/plane.ts';

let plane: Plane;
let cases: ReturnType<typeof comingAndGoing>;

beforeAll(async () => {
  plane = await openPlane(inject('plane'));
  cases = comingAndGoing(plane, harnessHost(plane, 'kp'), 6);
});
afterAll(() => plane.close());

test('an instance serves, whichever step its provisioning loses its host worker in', async () => {
  await dieInEveryStep(cases.provision, { moreThan: 7 });
});

test('nothing is left of an instance, whichever step its decommissioning loses its host worker in', async () => {
  await dieInEveryStep(cases.decommission, { moreThan: 3 });
});
