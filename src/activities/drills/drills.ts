import type { DrillPlan } from '../../contracts/drill.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { VerifyCheck } from '../../contracts/verify.ts';
import { writeNote } from '../../drivers/notes.ts';
import { planDrill } from '../../model/drills/plan-drill.ts';
import { colouredService, drillNoteFile, generationProject } from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { withHash } from '../attempt/hash.ts';
import { procedureOfStep, signalOfStep } from '../attempt/step-context.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openDrill, openInstance } from '../instance/instances.ts';
import { builtProject, drillRelease } from '../instance/projects.ts';
import { resolvedModel } from '../instance/rendering.ts';
import { startLimitSeconds } from '../instance/serve.ts';
import { failOn, readyChecks, smokeChecks, verifySteps } from '../instance/verification.ts';
import { instanceArtifacts } from '../sets/artifacts.ts';
import { stagingOf } from '../sets/stores.ts';
import { drillSource, environmentFor, observeForDrill } from './drill-observation.ts';
import { type DrillNote, endDrill, proveDrillPlaceRemoved, readDrillNote, removeDrillPlace } from './drill-place.ts';

/** Steps of a drill, except those that build a generation. None of them touches the serving generation. */
export function createDrillActivities(drivers: HostDrivers) {
  const { directories, containers, compose } = drivers;

  return {
    /** Observes the host and plans the drill of a set. Changes nothing. */
    async planDrill({ instance, manifest }: Fenced<{ instance: string; manifest: Manifest }>): Promise<DrillPlan> {
      const source = await drillSource(drivers, manifest);
      const observed = await observeForDrill(drivers, await openInstance(directories, instance), source, manifest);
      return withHash(planDrill(manifest, source.blueprint, observed));
    },

    /** Notes that a drill begins, and first removes an earlier drill that no run has removed. */
    async beginDrill({ plan }: Fenced<{ plan: DrillPlan }>): Promise<void> {
      const { instance } = plan;
      const earlier = await readDrillNote(directories, instance);
      const note = noteOf(plan);
      if (earlier?.by === note.by) return;
      if (earlier !== undefined) await endDrill(drivers, plan, earlier);
      await writeNote(directories.path(instance, drillNoteFile), note);
    },

    /** Writes the blueprint and the `.env` of the set, and pulls missing images. */
    async prepareDrill({ plan }: Fenced<{ plan: DrillPlan }>): Promise<void> {
      const { instance, toGeneration } = plan;
      const at = drillRelease(toGeneration);
      const source = await drillSource(drivers, plan);
      for (const [file, content] of Object.entries(source.files)) {
        await directories.write(instance, `${at}/blueprint/${file}`, content);
      }
      const held = await directories.read(instance, `${stagingOf(plan, instanceArtifacts)}/env`);
      const env = held ?? (await environmentFor(drivers, await openInstance(directories, instance), source));
      await directories.write(instance, `${at}/.env`, env, 0o600);
      await ensureImages(plan);
    },

    /** Starts every service of the release on the counted stores, writers too: all data of the drill is thrown away. */
    async startDrilledRelease({ plan }: Fenced<{ plan: DrillPlan }>): Promise<void> {
      const { blueprint, record } = await openDrill(directories, plan);
      const services = blueprint.release.map((service) => colouredService(service, record.colour));
      const options = { services, deps: 'without', timeoutSeconds: startLimitSeconds } as const;
      await compose.up(projectOf(plan), options, signalOfStep());
    },

    /** Checks what users and operators use: every route, smoke steps, verify steps; `unhealthy` lists what failed. */
    async verifyDrill({ plan }: Fenced<{ plan: DrillPlan }>): Promise<VerifyCheck[]> {
      const { instance, toGeneration: generation, set } = plan;
      const local = await openDrill(directories, plan);
      const at = { project: generationProject(instance, generation), network: 'build' };
      const checks = [
        ...(await readyChecks(drivers, local, at)),
        ...(await smokeChecks(drivers, local, at)),
        ...(await verifySteps(drivers, local, { generation, beside: true })),
      ];
      failOn(checks, `verify the drill of set ${set} of ${instance}`);
      return checks;
    },

    /** Removes containers, networks, volumes, files and staging of the drill, and the images pulled for the drill. */
    async removeDrill({ plan }: Fenced<{ plan: DrillPlan }>): Promise<void> {
      await removeDrillPlace(drivers, plan, await knownNote(plan));
    },

    /** Looks for everything of the drill again and lists what was looked for; `mismatch` lists what is left. */
    async proveDrillRemoved({ plan }: Fenced<{ plan: DrillPlan }>): Promise<string[]> {
      return proveDrillPlaceRemoved(drivers, plan, await knownNote(plan));
    },
  };

  function projectOf(plan: DrillPlan) {
    return builtProject(directories, plan, plan.toGeneration);
  }

  /** The note on the host, which lists the images; without a note the drill has not begun, or all of it is removed. */
  async function knownNote(plan: DrillPlan): Promise<DrillNote> {
    const note = await readDrillNote(directories, plan.instance);
    return note?.by === procedureOfStep() ? note : noteOf(plan);
  }

  async function ensureImages(plan: DrillPlan): Promise<void> {
    const local = await openDrill(directories, plan);
    const { services } = await resolvedModel(drivers, local);
    const used = Object.keys(plan.purpose.terms.limits).flatMap((service) => services[service]?.image ?? []);
    const note = await knownNote(plan);
    const missing: string[] = [];
    for (const image of new Set(used)) if ((await containers.image(image)) === undefined) missing.push(image);
    if (missing.length === 0) return;
    const images = [...new Set([...note.images, ...missing])];
    await writeNote(directories.path(plan.instance, drillNoteFile), { ...note, images });
    for (const image of missing) await containers.ensureImage(image);
  }
}

function noteOf({ set, toGeneration: generation, staging }: DrillPlan): DrillNote {
  return { by: procedureOfStep(), set, generation, staging, images: [] };
}
