import { instanceLabels } from '../../model/instance/labels.ts';
import { colouredService, otherColour, projectName } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import { endDrill, readDrillNote } from '../drills/drill-place.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openRelease } from '../instance/instances.ts';
import { projectsAmong, servingProject } from '../instance/projects.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { releaseContainers, stopJobsOf } from '../releases/release-containers.ts';

/** Steps that end what dead runs left beside an instance. Each returns what it had to do; repeated, it does nothing. */
export function createStrayActivities(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /** Stops migrations by a command, which outlive their run. */
    async stopStrayJobs({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const stopped: string[] = [];
      for (const colour of ['blue', 'green'] as const) stopped.push(...(await stopJobsOf(drivers, instance, colour)));
      return stopped.map((name) => `stopped ${name}`);
    },

    /** Removes the drill of a dead run, with all its data. */
    async endDeadDrill({ instance, dead }: Fenced<{ instance: string; dead: readonly string[] }>): Promise<string[]> {
      const note = await readDrillNote(directories, instance);
      if (note === undefined || !dead.includes(note.by)) return [];
      await endDrill(drivers, instance, note);
      return [`removed the drill of set ${note.set}`];
    },

    /** Removes the containers of unfinished generations; their volumes stay until they are removed or built again. */
    async removeBuilds({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const views = await drivers.containers.containers(instanceLabels(instance));
      const builds = projectsAmong(directories, instance, views).filter(({ name }) => name !== projectName(instance));
      for (const project of builds) await drivers.compose.down(project, signalOfStep());
      return builds.map(({ name }) => `removed the containers of ${name}`);
    },

    /** Stops the writers of the release that does not serve. */
    async stopStrayWriters({ instance }: Fenced<{ instance: string }>): Promise<string[]> {
      const colour = otherColour((await directories.record(instance)).colour);
      if ((await readReleaseNote(directories, instance, colour)) === undefined) return [];
      const { blueprint } = await openRelease(directories, instance, colour);
      const writers = blueprint.writers.map((service) => colouredService(service, colour));
      const running = (await releaseContainers(drivers, instance, colour)).filter(
        ({ service, view }) => writers.includes(service) && view.state === 'running',
      );
      const services = running.map(({ service }) => service);
      const project = servingProject(directories, instance);
      if (services.length > 0) await drivers.compose.stop(project, services, signalOfStep());
      return services.map((service) => `stopped ${service}`);
    },
  };
}
