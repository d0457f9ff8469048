import type { Generation, Instant } from '../../contracts/ids.ts';
import type { ContentsComparison, RestorePlan } from '../../contracts/restore.ts';
import type { UpOptions } from '../../drivers/compose/compose.ts';
import { DrydockError } from '../../errors.ts';
import { storeOf, storeServices } from '../../model/instance/blueprint-stores.ts';
import { generationLabels, storeLabels } from '../../model/instance/labels.ts';
import { type Rendering, renderCopy, renderDrill, renderGeneration } from '../../model/instance/render.ts';
import { compareContents } from '../../model/sets/compare-contents.ts';
import { isService } from '../../stores/kinds.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import { exchangeFiles } from '../instance/exchange.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { type LocalInstance, openFor, openInstance } from '../instance/instances.ts';
import { builtProject, generationDirectory } from '../instance/projects.ts';
import { renderingOf, renderServing } from '../instance/rendering.ts';
import { startLimitSeconds } from '../instance/serve.ts';
import { contentsFile, migrationsFile, openRunning } from '../instance/store-locations.ts';
import { runVerifySteps } from '../instance/verification.ts';

interface GenerationExchange {
  instance: string;
  generation: Generation;
  insteadOf: Generation;
  /** Until when the other generation is kept for the way back. */
  keepUntil?: Instant | undefined;
}

/** Steps that build a generation beside the serving one, exchange the two, and remove what no longer serves. */
export function createGenerationActivities(drivers: HostDrivers) {
  const { directories, containers, compose } = drivers;

  return {
    /** Makes the empty volumes of the next generation; removes the notes of an unfinished generation of that number. */
    async createGeneration({ plan }: Fenced<{ plan: RestorePlan }>): Promise<void> {
      for (const file of [migrationsFile(plan.toGeneration), contentsFile(plan.toGeneration)]) {
        await directories.removePath(plan.instance, file);
      }
      for (const [store, volume] of Object.entries(plan.volumes)) {
        await containers.createVolume(volume, storeLabels(plan, plan.toGeneration, store));
      }
    },

    /** Starts the next generation's stores in their own project and internal network; does not wait for health. */
    async startGeneration({ plan }: Fenced<{ plan: RestorePlan }>): Promise<void> {
      const local = await openFor(directories, plan);
      await startBuilt(plan, local, { services: storeServices(local.blueprint) });
    },

    /** Starts one store only, since others may not be loaded yet. Never two at a time: both would make the network. */
    async startBuiltStore({ plan, store }: Fenced<{ plan: RestorePlan; store: string }>): Promise<void> {
      const local = await openFor(directories, plan);
      const spec = storeOf(local.blueprint, store);
      if (isService(spec)) await startBuilt(plan, local, { services: [spec.service], deps: 'without' });
    },

    /** Counts a store of the next generation and compares the counts with the set; `mismatch` when they differ. */
    async compareStore({ plan, store }: Fenced<{ plan: RestorePlan; store: string }>): Promise<ContentsComparison> {
      const local = await openFor(directories, plan);
      const place = { generation: plan.toGeneration, beside: true };
      const found = await (await openRunning(drivers, local, store, place)).contents();
      const expected = plan.expected.find((record) => record.store === store);
      const differences =
        expected === undefined ? ['the set does not say what it held'] : compareContents(expected.contents, found);
      if (differences.length === 0) return { store, equal: true, differences };
      const set = plan.newer.find((source) => source.store === store)?.set ?? plan.set;
      throw new DrydockError(
        'mismatch',
        `compare store ${store} of ${plan.instance} with set ${set}: the contents differ`,
        {
          problems: differences,
          next: 'the serving generation was not touched; choose another set',
        },
      );
    },

    /** Runs the verify steps of the blueprint that the data was written with against the next generation. */
    async verifyGeneration({ plan }: Fenced<{ plan: RestorePlan }>): Promise<void> {
      const local = await openFor(directories, plan);
      const { verify } = (plan.purpose.kind === 'drill' ? local : await openInstance(directories, plan.instance))
        .blueprint;
      const place = { generation: plan.toGeneration, beside: true };
      await runVerifySteps(drivers, { ...local, blueprint: { ...local.blueprint, verify } }, place);
    },

    /** Stops and removes the containers of a generation that was built beside; its volumes stay. */
    async stopGeneration({ generation, lease }: Fenced<{ instance: string; generation: number }>): Promise<void> {
      await compose.down(builtProject(directories, lease, generation), signalOfStep());
    },

    /**
     * Renders the instance with one generation in place of the other. Nothing may run meanwhile. Repeating changes
     * nothing, and the way back works from wherever an attempt has stopped.
     */
    async exchangeGeneration(step: Fenced<GenerationExchange>): Promise<void> {
      await exchangeServingGeneration(drivers, step);
    },

    /**
     * Removes a generation that does not serve: containers, volumes, files. Refuses the serving one; succeeds if it is
     * absent. With `keptUntil` a generation stays that serves again, or that a later procedure keeps for longer.
     */
    async removeGeneration(
      step: Fenced<{ instance: string; generation: number; keptUntil?: Instant }>,
    ): Promise<string[]> {
      const { instance, generation, keptUntil } = step;
      const { record } = await openInstance(directories, instance);
      const kept = record.retired.find((entry) => entry.generation === generation)?.keepUntil;
      const longer = kept !== undefined && keptUntil !== undefined && Date.parse(kept) > Date.parse(keptUntil);
      if (longer || (keptUntil !== undefined && record.generation === generation)) return [];
      if (record.generation === generation) {
        throw new DrydockError('refused', `remove generation ${generation} of ${instance}: this generation serves`);
      }
      await compose.down(builtProject(directories, record, generation), signalOfStep());
      const labels = generationLabels(record, generation);
      const volumes = await containers.volumes(labels);
      for (const volume of volumes) await containers.removeVolume(volume.name, labels);
      const notes = [generationDirectory(generation), migrationsFile(generation), contentsFile(generation)];
      for (const path of notes) await directories.removePath(instance, path);
      await directories.writeRecord({
        ...record,
        retired: record.retired.filter((entry) => entry.generation !== generation),
      });
      return volumes.map((volume) => volume.name);
    },
  };

  async function startBuilt(
    plan: RestorePlan,
    local: LocalInstance,
    which: Pick<UpOptions, 'services' | 'deps'>,
  ): Promise<void> {
    const { instance, toGeneration: generation } = plan;
    const at = generationDirectory(generation);
    const rendering = { ...(await renderingOf(drivers, local)), generation };
    await directories.write(instance, `${at}/docker-compose.yml`, renderedFor(plan, rendering));
    await directories.link(instance, `${at}/.env`, `../../../${local.files}.env`);
    const options = { ...which, timeoutSeconds: startLimitSeconds, until: 'started' } as const;
    await compose.up(builtProject(directories, plan, generation), options, signalOfStep());
  }
}

/** Compose file of the stores alone, or of the stores and what is to run on them. */
function renderedFor({ purpose }: RestorePlan, rendering: Rendering): string {
  switch (purpose.kind) {
    case 'serve':
      return renderGeneration(rendering);
    case 'copy':
      return renderCopy(rendering);
    case 'drill':
      return renderDrill(rendering, purpose.terms);
  }
}

/** Does the work of `exchangeGeneration`. */
export async function exchangeServingGeneration(drivers: HostDrivers, exchange: GenerationExchange): Promise<void> {
  const { directories } = drivers;
  const { instance, generation, insteadOf, keepUntil } = exchange;
  const local = await openInstance(directories, instance);
  await exchangeFiles(directories, local, { from: insteadOf, to: generation });
  if (local.record.generation !== generation) {
    const retired = local.record.retired.filter((entry) => ![generation, insteadOf].includes(entry.generation));
    await directories.writeRecord({
      ...local.record,
      generation,
      retired: keepUntil === undefined ? retired : [...retired, { generation: insteadOf, keepUntil }],
    });
  }
  await renderServing(drivers, instance);
}
