import type { Colour, Instant, Sha256 } from '../../contracts/ids.ts';
import type { UpgradePlan } from '../../contracts/upgrade.ts';
import { edgeDirectory } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openRelease } from '../instance/instances.ts';
import { releaseProject } from '../instance/projects.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { resolvedModel } from '../instance/rendering.ts';
import { startReaders } from '../instance/serve.ts';
import { failOn, smokeChecks } from '../instance/verification.ts';
import { refuseServing, removeReleaseOf, stopRunning, stopWritersOf } from './release-containers.ts';
import { writeCandidate } from './release-files.ts';

/** The release that a plan leads to; used by an upgrade and by the way back from it. */
export type ToRelease = Pick<UpgradePlan, 'instance' | 'to'>;

/** Steps on a release beside the serving one: its files, its containers. */
export function createReleaseActivities(drivers: HostDrivers) {
  const { directories, containers, edge } = drivers;

  return {
    /**
     * Writes the candidate's files: blueprint, `.env` with new secrets, its Compose file, and new files of `config/`;
     * pulls its images. Replaces an earlier release of that colour that is still kept; refuses the serving one.
     */
    async prepareRelease({ plan, lease }: Fenced<{ plan: UpgradePlan }>): Promise<void> {
      const { instance, to } = plan;
      await refuseServing(drivers, instance, to.colour, 'prepare');
      const note = await readReleaseNote(directories, instance, to.colour);
      if (note?.plan !== plan.hash) await removeReleaseOf(drivers, lease, to.colour);
      await writeCandidate(drivers, plan);
      const { services } = await resolvedModel(drivers, await openRelease(directories, instance, to.colour));
      const images = new Set(Object.values(services).flatMap(({ image }) => image ?? []));
      for (const image of images) await containers.ensureImage(image);
    },

    /**
     * Starts a release beside the serving one, on its stores, without the writers; waits until the release is healthy.
     */
    async startRelease({ plan }: Fenced<{ plan: ToRelease }>): Promise<void> {
      const { instance, to } = plan;
      await refuseServing(drivers, instance, to.colour, 'start');
      const local = await openRelease(directories, instance, to.colour);
      await startReaders(drivers, local, releaseProject(directories, local.record, to.colour));
    },

    /** Runs a release's smoke steps against its own containers, past the edge. */
    async smokeRelease({ plan }: Fenced<{ plan: ToRelease }>): Promise<void> {
      const local = await openRelease(directories, plan.instance, plan.to.colour);
      failOn(await smokeChecks(drivers, local), `smoke test the ${plan.to.colour} release of ${plan.instance}`);
    },

    /**
     * Stops a release after its last request, and keeps its containers and files. Refuses the serving release. Returns
     * how many requests were cut because they took longer than the edge waits for an answer.
     */
    async stopRelease({
      instance,
      colour,
      lease,
    }: Fenced<{ instance: string; colour: Colour }>): Promise<{ cut: number }> {
      await refuseServing(drivers, instance, colour, 'stop');
      const at = directories.path(instance, edgeDirectory);
      const { left } = await edge.drainColour(at, colour, edge.longestAnswerMs, signalOfStep());
      await stopRunning(drivers, lease, colour);
      return { cut: left };
    },

    /**
     * Removes a release that does not serve: containers, its network, its files. Succeeds if it is absent, refuses the
     * serving one. `keptUntil` limits this to the previous release kept until then, `plan` to the release prepared for
     * that plan: a later release of the same colour stays.
     */
    async removeRelease(
      step: Fenced<{ instance: string; colour: Colour; keptUntil?: Instant; plan?: Sha256 }>,
    ): Promise<string[]> {
      const { instance, colour, keptUntil, plan } = step;
      const { previous, colour: serving } = await directories.record(instance);
      const note = plan === undefined ? undefined : await readReleaseNote(directories, instance, colour);
      const isAnothers = plan !== undefined && (note === undefined ? serving === colour : note.plan !== plan);
      if (isAnothers) return [];
      const isThatOne = previous?.colour === colour && previous.keepUntil === keptUntil;
      if (keptUntil !== undefined && !isThatOne) return [];
      await refuseServing(drivers, instance, colour, 'remove');
      return removeReleaseOf(drivers, step.lease, colour);
    },

    /** Stops the writers of a colour and proves that they are stopped. */
    async stopWriters({ instance, colour }: Fenced<{ instance: string; colour: Colour }>): Promise<void> {
      await stopWritersOf(drivers, await openRelease(directories, instance, colour));
    },
  };
}
