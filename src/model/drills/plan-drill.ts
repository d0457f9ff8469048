import type { Blueprint } from '../../contracts/blueprint.ts';
import type { DrillPlan } from '../../contracts/drill.ts';
import type { Generation } from '../../contracts/ids.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import type { DrillTerms } from '../../contracts/restore.ts';
import type { ComposeModel } from '../../drivers/compose/compose.ts';
import { DrydockError } from '../../errors.ts';
import { present } from '../../given.ts';
import { imagesOfStores, storeServices } from '../instance/blueprint-stores.ts';
import { memoryBytes } from '../instance/budget.ts';
import {
  artifactProblems,
  besidePlan,
  engineProblems,
  foreignProblems,
  keyProblems,
  type RestoreObservation,
  stagingBytes,
} from '../sets/plan-restore.ts';
import { readableBytes } from '../words/bytes.ts';

/** The host before a drill. `record` describes the serving instance; the rest is about the set's own release. */
export interface DrillObservation
  extends Pick<
    RestoreObservation,
    'record' | 'storedSizes' | 'engineVersions' | 'diskFreeBytes' | 'memoryFreeBytes' | 'canDecrypt'
  > {
  /** The set's Compose model, its variables resolved as far as possible without opening the set. */
  model: ComposeModel;
  /** Generations with volumes on the host, whoever made them. */
  generations: readonly number[];
  cpus: number;
}

/** Memory limit for a service without one in its blueprint: it must not take what the serving instance needs. */
const unlimitedMemoryBytes = 1024 ** 3;
/** A drill yields to everything else when processors are short. */
const cpuShares = 64;
/** Sealed and unsealed files, then the loaded stores, as for a restore. */
const copies = 3;

/**
 * Plans to bring a set up in a throw-away place, or refuses with every reason. A drill needs more room than a restore,
 * since it can wait and the serving instance cannot: half of the free disk stays free, and the release must find memory
 * too. The error is `damaged` when the set is at fault, `no-space` when only room is short, `refused` otherwise.
 */
export function planDrill(
  manifest: Manifest,
  blueprint: Blueprint,
  observed: DrillObservation,
): Omit<DrillPlan, 'hash'> {
  const { record } = observed;
  const limits = limitsOf(blueprint, observed);
  const damage = artifactProblems(manifest, blueprint, observed.storedSizes);
  const room = roomProblems(manifest, limits, observed);
  const others = [
    ...foreignProblems(manifest, blueprint, { ...record, blueprint: manifest.blueprint }),
    ...engineProblems(manifest, observed.engineVersions),
    ...keyProblems(manifest, observed),
  ];
  const problems = [...damage, ...others, ...room];
  if (problems.length > 0) {
    const code = damage.length > 0 ? 'damaged' : others.length > 0 ? 'refused' : 'no-space';
    throw new DrydockError(code, `plan a drill of set ${manifest.set} of ${record.instance}: refused`, {
      problems,
      next: 'nothing was touched; mend what is named, or drill another set with --set',
    });
  }
  const taken = [record.generation, ...record.retired.map(({ generation }) => generation), ...observed.generations];
  const toGeneration = (1 + Math.max(...taken)) as Generation;
  const images = imagesOfStores(blueprint, observed.model);
  return {
    ...besidePlan(manifest, blueprint, { ...record, blueprint: manifest.blueprint }, images, toGeneration),
    purpose: { kind: 'drill', terms: { limits, cpuShares } },
    staging: `drill-${manifest.set}`,
  };
}

/** The blueprint's own limits, but never more than half of the host's processors for one service. */
function limitsOf(blueprint: Blueprint, { model, cpus }: DrillObservation): DrillTerms['limits'] {
  const most = Math.max(0.5, cpus / 2);
  return Object.fromEntries(
    [...storeServices(blueprint), ...blueprint.release].map((service) => {
      const own = model.services[service]?.deploy?.resources?.limits;
      const wanted = Number(own?.cpus ?? most);
      return [
        service,
        {
          cpus: wanted > 0 ? Math.min(wanted, most) : most,
          memoryBytes: memoryBytes(own?.memory) || unlimitedMemoryBytes,
        },
      ];
    }),
  );
}

function roomProblems(
  manifest: Manifest,
  limits: DrillTerms['limits'],
  { diskFreeBytes, memoryFreeBytes }: DrillObservation,
): string[] {
  const disk = copies * stagingBytes(manifest);
  const memory = Object.values(limits).reduce((sum, limit) => sum + limit.memoryBytes, 0);
  return present(
    2 * disk > diskFreeBytes &&
      `a drill needs ${readableBytes(disk)} of disk and leaves half of what is free to the instance; ${readableBytes(diskFreeBytes)} are free`,
    memory > memoryFreeBytes &&
      `stores and release beside the serving ones need ${readableBytes(memory)} of memory; ${readableBytes(memoryFreeBytes)} are free`,
  );
}
