import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../contracts/ids.ts';
import { DrydockError } from '../../errors.ts';
import { imagesOfStores } from '../../model/instance/blueprint-stores.ts';
import { otherColour } from '../../model/instance/names.ts';
import { chooseForUpgrade } from '../../model/instance/release-variables.ts';
import type { CurrentRelease, TargetRelease, UpgradeObservation } from '../../model/releases/upgrade-observation.ts';
import { isService } from '../../stores/kinds.ts';
import { hashOf } from '../attempt/hash.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { modelsOfFiles, observeHost } from '../instance/host-observation.ts';
import { fetchBlueprint, filesBelow, type LocalInstance, readTree } from '../instance/instances.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { plainModel, resolvedModel } from '../instance/rendering.ts';
import { openRunning, serving } from '../instance/store-locations.ts';
import { healthOfRelease, healthOfStores, imagesInUse, versionsIn } from '../sets/store-observation.ts';
import { finishedMigrations } from './migrations.ts';

/** What an upgrade is planned from. */
interface Upgradable {
  releases: { current: CurrentRelease; target: TargetRelease };
  observed: UpgradeObservation;
}

/** What instance, host and object store show before an upgrade is planned. Only reads. */
export async function observeForUpgrade(
  drivers: HostDrivers,
  local: LocalInstance,
  wanted: { to: string; variables: Readonly<Record<string, string>>; readOnlyMs: number | undefined },
): Promise<Upgradable> {
  const host = await observeHost(drivers, local.record.instance);
  const current = await currentRelease(drivers, local);
  const { stored, files, blueprint } = await fetchBlueprint(drivers.objects, wanted.to);
  const { values } = chooseForUpgrade(wanted.variables, { current, target: { blueprint, files } }, host);
  const { plain, resolved } = await modelsOfFiles(drivers, files, values);
  const target = { blueprint, files, model: plain, resolved, digest: stored.digest };
  const missingImages = await imagesNotToBeHad(drivers, target);
  const observed = {
    ...host,
    stores: await healthOfStores(drivers, local),
    release: await healthOfRelease(drivers, local),
    memoryFreeBytes: host.memoryBytes - host.memoryReserveBytes - host.memoryPromisedBytes,
    captureBytes: await captureBytes(drivers, local),
    engines: await engines(drivers, local, { current, target, missingImages }),
    missingImages,
    finishedMigrations: await finishedMigrations(drivers.directories, local.record.instance, local.record.generation),
    configFiles: (await filesBelow(join(local.directory, 'config'))).map((file) => `config/${file}`).sort(),
    readOnlyMs: wanted.readOnlyMs,
    fingerprint: await fingerprint(drivers, local),
  };
  return { releases: { current, target }, observed };
}

/**
 * Digest of the state that an upgrade is planned for: release and generation, images in use, `.env`, the client's
 * configuration, finished migrations. Leaves out times, health, sets, and files that a candidate has brought.
 */
export async function fingerprint(drivers: HostDrivers, local: LocalInstance): Promise<Sha256> {
  const { directories } = drivers;
  const { instance, blueprint, colour, generation, tier } = local.record;
  const candidate = await readReleaseNote(directories, instance, otherColour(colour));
  const brought = candidate?.brought.by === colour ? [] : (candidate?.brought.files ?? []);
  const files = (await filesBelow(join(local.directory, 'config'))).map((file) => `config/${file}`).sort();
  const own = ['.env', ...files.filter((file) => !brought.includes(file))];
  return hashOf({
    record: { blueprint, colour, generation, tier },
    images: await imagesInUse(drivers, local),
    files: await Promise.all(own.map(async (file) => [file, await digestOf(join(local.directory, file))])),
    migrations: await finishedMigrations(directories, instance, generation),
  });
}

async function digestOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function currentRelease(drivers: HostDrivers, local: LocalInstance): Promise<CurrentRelease> {
  const { blueprint, env, record } = local;
  const isSecret = (name: string) => blueprint.variables[name]?.kind === 'secret';
  const entries = Object.entries(env);
  return {
    blueprint,
    record,
    files: await readTree(join(local.directory, local.files, 'blueprint')),
    model: await plainModel(drivers, local),
    resolved: await resolvedModel(drivers, local),
    values: Object.fromEntries(entries.filter(([name]) => !isSecret(name))),
    secrets: entries.filter(([name, value]) => isSecret(name) && value !== '').map(([name]) => name),
  };
}

/** Pulls missing images before the maintenance window; returns those that cannot be pulled. */
async function imagesNotToBeHad({ containers }: HostDrivers, { resolved }: TargetRelease): Promise<string[]> {
  const missing: string[] = [];
  for (const image of new Set(Object.values(resolved.services).flatMap((service) => service.image ?? []))) {
    try {
      await containers.ensureImage(image);
    } catch (error) {
      // An engine that is away says nothing about the image; an image that cannot be pulled is a finding for the plan.
      if (error instanceof DrydockError && error.code === 'unavailable') throw error;
      missing.push(image);
    }
  }
  return missing;
}

/** Skips a store that does not run, since it cannot answer; the plan refuses such a store. */
async function captureBytes(drivers: HostDrivers, local: LocalInstance): Promise<number> {
  const health = await healthOfStores(drivers, local);
  let sum = 0;
  for (const [store, spec] of Object.entries(local.blueprint.stores)) {
    if (isService(spec) && health[store] !== 'healthy') continue;
    const open = await openRunning(drivers, local, store, serving(local));
    sum += (await open.captureSpace()).stagingBytes;
  }
  return sum;
}

/** Asks only stores whose image changes: asking takes a container each. */
async function engines(
  drivers: HostDrivers,
  local: LocalInstance,
  releases: { current: CurrentRelease; target: TargetRelease; missingImages: readonly string[] },
): Promise<UpgradeObservation['engines']> {
  const { current, target, missingImages } = releases;
  const before = imagesOfStores(current.blueprint, current.resolved);
  const after = imagesOfStores(target.blueprint, target.resolved);
  const changed = (images: Record<string, string>, others: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(images).filter(
        ([store, image]) => others[store] !== undefined && others[store] !== image && !missingImages.includes(image),
      ),
    );
  return {
    current: await versionsIn(drivers, local, changed(before, after)),
    target: await versionsIn(drivers, { ...local, blueprint: target.blueprint }, changed(after, before)),
  };
}
