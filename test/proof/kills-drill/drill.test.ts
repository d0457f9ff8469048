import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, test } from 'vitest';
import type { DrillReport } from '../../../src/contracts/drill.ts';
import { dieInEveryStep, type KillCase } from '../../support/kill-harness.ts';
import { expectUntouched, subject } from '../../support/kill-subject.ts';
import { openPlane } from '../../support/plane.ts';
import { keysOf, remainsOf } from '../../support/world.ts';

test('a drill whose host worker dies in every step still ends, with nothing left and one record of it', async () => {
  const plane = await openPlane(inject('plane'));
  const killed = await subject(plane, 'ke', 4);
  const { name, directory } = killed.instance;
  const remains = await remainsOf(name);
  const drilled: KillCase<DrillReport> = {
    name: 'drill',
    plane,
    host: killed.host,
    start: () => plane.operations.drill({ instance: name }),
    check: async ({ set, evidence }) => {
      await expectUntouched(killed);
      expect(await remainsOf(name)).toEqual(remains);
      expect(existsSync(join(directory, '.drydock', 'drill.json'))).toBe(false);
      const { sets: listed } = await (await plane.operations.sets({ instance: name })).result();
      expect(listed.find((entry) => entry.set === set)).toMatchObject({ level: 'drilled', evidenceProblems: [] });
      const keys = await keysOf(plane, name, `sets/${set}/evidence/`);
      expect(keys.at(-1)).toBe(evidence.key);
    },
  };
  await dieInEveryStep(drilled, { moreThan: 25 });
  await plane.close();
});
