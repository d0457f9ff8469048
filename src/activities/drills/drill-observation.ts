import type { Blueprint } from '../../contracts/blueprint.ts';
import type { Manifest } from '../../contracts/manifest.ts';
import { DrydockError } from '../../errors.ts';
import type { BlueprintFiles } from '../../model/check/check-blueprint.ts';
import type { DrillObservation } from '../../model/drills/plan-drill.ts';
import { serviceStores } from '../../model/instance/blueprint-stores.ts';
import { fillTemplate } from '../../model/instance/env-file.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import { colouredService } from '../../model/instance/names.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { modelOfFiles, promisedMemory } from '../instance/host-observation.ts';
import { fetchBlueprint, type LocalInstance } from '../instance/instances.ts';
import { storedSizesOf, versionsIn } from '../sets/store-observation.ts';

/** The blueprint that a set was made with. */
interface DrillSource {
  ref: Manifest['blueprint'];
  files: BlueprintFiles;
  blueprint: Blueprint;
}

/** Fetches the blueprint of a set; `mismatch` when the blueprint pushed under that version has another digest. */
export async function drillSource(
  { objects }: HostDrivers,
  { blueprint: ref, set }: Pick<Manifest, 'blueprint' | 'set'>,
): Promise<DrillSource> {
  const { stored, files, blueprint } = await fetchBlueprint(objects, ref.ref);
  if (stored.digest === ref.digest) return { ref, files, blueprint };
  throw new DrydockError('refused', `drill set ${set}: ${ref.ref} is not the blueprint that the set was made with`, {
    problems: [`its digest is ${stored.digest}, the set names ${ref.digest}`],
  });
}

/** What host and object store show before a drill. Only reads. */
export async function observeForDrill(
  drivers: HostDrivers,
  serving: LocalInstance,
  source: DrillSource,
  manifest: Manifest,
): Promise<DrillObservation> {
  const { machine, settings, objects, directories, containers } = drivers;
  const { dataRoot, cpus } = await containers.engine();
  const model = await modelOfSet(drivers, serving, source, manifest);
  const candidate = { ...serving, blueprint: source.blueprint };
  const volumes = await containers.volumes(instanceLabels(serving.record));
  const free = [await machine.diskFreeBytes(directories.root), await machine.diskFreeBytes(dataRoot)];
  return {
    record: serving.record,
    storedSizes: await storedSizesOf(objects, manifest),
    engineVersions: await versionsIn(drivers, candidate, await imagesHere(drivers, source.blueprint, model)),
    diskFreeBytes: Math.min(...free),
    memoryFreeBytes: machine.memoryBytes() - settings.memoryReserveBytes - (await promisedMemory(drivers)),
    canDecrypt: settings.canDecrypt,
    model,
    generations: volumes.map(({ labels }) => Number(labels['drydock.generation'] ?? 0)),
    cpus,
  };
}

/** The `.env` of a drill whose set has none: values of the serving release, images of the set's own blueprint. */
export async function environmentFor(
  drivers: HostDrivers,
  serving: LocalInstance,
  source: DrillSource,
): Promise<string> {
  return fillTemplate(source.files['.env.template'] ?? '', valuesFor(drivers, serving, source));
}

/** Compose model of the set's blueprint before the set is opened: images and limits need no secret. */
async function modelOfSet(drivers: HostDrivers, serving: LocalInstance, source: DrillSource, manifest: Manifest) {
  const values = Object.entries(valuesFor(drivers, serving, source)).filter(
    ([name]) => source.blueprint.variables[name]?.kind !== 'secret',
  );
  const model = await modelOfFiles(drivers, source.files, Object.fromEntries(values));
  const services = Object.entries(model.services).map(([name, service]) => {
    const used = ['', 'blue', 'green'].map((colour) => (colour === '' ? name : colouredService(name, colour)));
    const image = used.map((key) => manifest.images[key]).find((found) => found !== undefined);
    return [name, image === undefined ? service : { ...service, image: image.replace(/@.*$/, '') }];
  });
  return { ...model, services: Object.fromEntries(services) };
}

function valuesFor({ settings }: HostDrivers, serving: LocalInstance, { ref }: DrillSource): Record<string, string> {
  if (serving.record.blueprint.digest === ref.digest) return { ...serving.env };
  // Each blueprint version names its own images; those of the serving release do not fit another version.
  const others = Object.entries(serving.env).filter(([name]) => !name.endsWith('_IMAGE'));
  return { ...Object.fromEntries(others), ...settings.variables };
}

/** Images by store that are on the host. An image that must be pulled is always the image that wrote the set. */
async function imagesHere(
  { containers }: HostDrivers,
  blueprint: Blueprint,
  model: DrillObservation['model'],
): Promise<Record<string, string>> {
  const here: Record<string, string> = {};
  for (const [store, { service }] of serviceStores(blueprint)) {
    const image = model.services[service]?.image;
    if (image !== undefined && (await containers.image(image)) !== undefined) here[store] = image;
  }
  return here;
}
