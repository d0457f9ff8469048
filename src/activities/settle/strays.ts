import { writingServices } from '../../model/instance/blueprint-stores.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { otherColour, projectName } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import { endDrill, readDrillNote } from '../drills/drill-place.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openRelease } from '../instance/instances.ts';
import { projectsAmong } from '../instance/projects.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { stopJobsOf, stopRunning } from '../releases/release-containers.ts';

/** Steps that end what dead runs left beside an instance. Each returns what it had to do; repeated, it does nothing. */
export function createStrayActivities(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** Stops migrations by a command, which outlive their run. */
    async stopStrayJobs({ lease }: Fenced<{ instance: string }>): Promise<string[]> {
      const stopped: string[] = [];
      for (const colour of ['blue', 'green'] as const) stopped.push(...(await stopJobsOf(drivers, lease, colour)));
      return stopped.map((name) => `stopped ${name}`);
    },

    /** Removes the drill of a dead run, with all its data. */
    async endDeadDrill({
      instance,
      dead,
      lease,
    }: Fenced<{ instance: string; dead: readonly string[] }>): Promise<string[]> {
      const note = await readDrillNote(directories, instance);
      if (note === undefined || !dead.includes(note.by)) return [];
      await endDrill(drivers, lease, note);
      return [`removed the drill of set ${note.set}`];
    },

    /** Removes the containers of unfinished generations; their volumes stay until they are removed or built again. */
    async removeBuilds({ instance, lease }: Fenced<{ instance: string }>): Promise<string[]> {
      const views = await drivers.containers.containers(instanceLabels(lease));
      const builds = projectsAmong(directories, lease, views).filter(({ name }) => name !== projectName(instance));
      for (const project of builds) await drivers.compose.down(project, signalOfStep());
      return builds.map(({ name }) => `removed the containers of ${name}`);
    },

    /** Stops the writers of the release that does not serve. */
    async stopStrayWriters({ instance, lease }: Fenced<{ instance: string }>): Promise<string[]> {
      const colour = otherColour((await directories.record(instance)).colour);
      if ((await readReleaseNote(directories, instance, colour)) === undefined) return [];
      const { blueprint } = await openRelease(directories, instance, colour);
      const stopped = await stopRunning(drivers, lease, colour, writingServices(blueprint, colour));
      return stopped.map((service) => `stopped ${service}`);
    },
  };
}
