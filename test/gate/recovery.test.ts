import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { DrydockError } from '../../src/client/index.ts';
import { drawnStep } from '../support/drawn-step.ts';
import { backupOf, restoreOf } from '../support/kill-cases.ts';
import { type KillCase, killOnce } from '../support/kill-harness.ts';
import { expectUntouched, type Subject, subject } from '../support/kill-subject.ts';
import { openPlane, type Plane } from '../support/plane.ts';
import { flipMiddle } from '../support/plane-runs.ts';
import { containerIds, keysOf, removeEverythingNamed, setsInStore, volumesOf } from '../support/world.ts';

/** One instance on a host of its own. The proof kills in every step (test/proof/kills-…), and damages more. */
describe('a set is taken and restored', () => {
  let plane: Plane;
  let killed: Subject;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    killed = await subject(plane, 'kr', 0);
  });
  afterAll(async () => {
    // The probes of what still runs would slow down the other files.
    await removeEverythingNamed(killed.instance.name);
    await plane.close();
  });

  /** Fewer than each of the two has, so that every number is one of its steps. */
  const enoughSteps = 25;
  const dieOnce = async <Report>(wounded: KillCase<Report>): Promise<void> => {
    const step = drawnStep(wounded.name, enoughSteps);
    const died = await killOnce(wounded, step);
    process.stdout.write(`the host worker died in step '${died}'; again with KILL_STEP='${died}'\n`);
    if (typeof step === 'string') expect(died).toBe(step);
  };

  test('by a backup whose host worker dies in a step drawn by the commit', () => dieOnce(backupOf(killed)));

  test('by a restore whose host worker dies in a step drawn by the commit', () => dieOnce(restoreOf(killed)));

  test('and one flipped byte in an artifact of any kind is found before anything is touched', async () => {
    const { instance, host } = killed;
    const set = (await setsInStore(plane, instance.name)).sets.sort().at(-1) ?? '';
    const untouched = async () => ({ ids: await containerIds(instance.name), volumes: await volumesOf(instance.name) });
    await host.serving(async () => {
      const before = await untouched();
      for (const store of ['graph', 'vectors', 'queue', 'files', 'instance']) {
        const keys = await keysOf(plane, instance.name, `sets/${set}/${store}/`);
        const path = join(plane.objects, keys[randomBytes(1).readUInt8() % keys.length] ?? '');
        const original = readFileSync(path);
        writeFileSync(path, flipMiddle(original));
        try {
          expect(await codeOfRestore(killed, set), path).toBe('damaged');
        } finally {
          writeFileSync(path, original);
        }
        expect(await untouched(), path).toEqual(before);
      }
      await expectUntouched(killed);
    });
  });
});

async function codeOfRestore({ plane, instance }: Subject, set: string): Promise<string> {
  const request = { instance: instance.name, set, confirm: instance.name, skipSafetySet: 'the set is what is tested' };
  const outcome = await (await plane.operations.restore(request)).result().catch((error: unknown) => error);
  return outcome instanceof DrydockError ? outcome.code : 'it did not fail';
}
