import { execa } from 'execa';
import { purgeHome } from '../src/client/embedded/purge.ts';
import type { Operations } from '../src/client/operations.ts';
import type { Cast, Stage } from './story.ts';

/** Removes the instances of the story; instances that were never made are skipped. */
export async function removeInstances(operations: Operations, stage: Stage, cast: Cast): Promise<void> {
  const there = new Set((await operations.instances()).map((view) => view.instance));
  for (const name of [cast.pharma, cast.sap].filter((candidate) => there.has(candidate))) {
    await stage.step(`decommission ${name}`, async () => {
      const skipFinalSet = 'end of the demonstration';
      const run = await operations.decommission({ instance: name, confirm: name, skipFinalSet, keepSetsDays: 0 });
      await stage.follow(run);
    });
  }
}

/** Stops the control plane and removes its home; refuses while other instances live there. */
export async function removeHome(home: string, stage: Stage, report: (line: string) => void): Promise<void> {
  await stage.step('stop the control plane and remove its home', () => purgeHome(home, { confirmed: false, report }));
}

/** Removes the images built on this machine. */
export async function removeImages(stage: Stage): Promise<void> {
  await stage.step('remove the images', async () => {
    const listed = await execa('docker', ['image', 'ls', '--quiet', '--filter', 'reference=drydock/*']);
    const ids = [...new Set(listed.stdout.split('\n').filter((id) => id !== ''))];
    if (ids.length > 0) await execa('docker', ['image', 'rm', '--force', ...ids]);
  });
}
