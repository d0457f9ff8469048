import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { harnessHost } from '../../support/harness-host.ts';
import { comingAndGoing } from '../../support/kill-cases.ts';
import { dieInEveryStep, recordSteps } from '../../support/kill-harness.ts';
import { openPlane, type Plane } from '../../support/plane.ts';

let plane: Plane;
let cases: ReturnType<typeof comingAndGoing>;

beforeAll(async () => {
  plane = await openPlane(inject('plane'));
  cases = comingAndGoing(plane, harnessHost(plane, 'kp'), 6);
});
afterAll(() => plane.close());

test('an instance serves, whichever step its provisioning loses its host worker in', async () => {
  const steps = await recordSteps(cases.provision);
  expect(Object.keys(steps).length).toBeGreaterThan(7);
  await dieInEveryStep(cases.provision, steps, { middle: 'at once', after: 'at once' });
});

test('nothing is left of an instance, whichever step its decommissioning loses its host worker in', async () => {
  const steps = await recordSteps(cases.decommission);
  expect(Object.keys(steps).length).toBeGreaterThan(3);
  await dieInEveryStep(cases.decommission, steps, { middle: 'at once', after: 'at once' });
});
