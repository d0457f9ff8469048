import { expect, test } from 'vitest';
import type { RetireReleaseReport } from '../../src/contracts/upgrade.ts';
import { anIdentity } from '../support/builders.ts';
import { inProcess } from '../support/in-process.ts';
import { procedureChecks } from '../support/procedure-checks.ts';
import { createReleaseWorld, keptUntil } from '../support/release-world.ts';
import { resultOf } from '../support/world-runs.ts';

const temporal = inProcess();

const input = { ...anIdentity(), colour: 'blue', notBefore: keptUntil };
const upgraded = () => createReleaseWorld({ upgraded: true });

procedureChecks({ temporal, workflow: 'retireRelease', input: { ...input, colour: 'green' }, world: upgraded });

test('removes the release when its grace period is over', async () => {
  const world = upgraded();
  const report = await resultOf<RetireReleaseReport>(temporal, world, 'retireRelease', input);
  expect(report).toMatchObject({ colour: 'blue', removed: ['app-blue'] });
  expect(world.state.releases.blue).toBeUndefined();
});

test('leaves one of that colour alone that is kept for longer, or serves again', async () => {
  const world = upgraded();
  world.state.record.previous = { colour: 'blue', keepUntil: '2027-01-01T00:00:00.000Z' };
  expect(await resultOf(temporal, world, 'retireRelease', input)).toMatchObject({ removed: [] });
  const back = createReleaseWorld();
  expect(await resultOf(temporal, back, 'retireRelease', input)).toMatchObject({ removed: [] });
});
