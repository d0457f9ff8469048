import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BackupResult, backUp, measureBackup } from './backup.ts';
import { say } from './command.ts';
import { measureDrill } from './drill.ts';
import type { Figure } from './figures.ts';
import {
  decommission,
  fillTo,
  type Instance,
  newInstance,
  provision,
  pushBlueprint,
  storedBytes,
  sweep,
} from './instance.ts';
import { type Options, readOptions, usage } from './options.ts';
import { type Plane, removePlane, startPlane } from './plane.ts';
import { measureProvision } from './provision.ts';
import { describeRun, writeResults } from './record.ts';
import { measureRestore, restore } from './restore.ts';
import { describeSize, type Sized, sizeFigures } from './sizes.ts';
import { measureUpgrades } from './upgrade.ts';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');

/** Everything is made for the measurement, and removed after it whatever happened. */
async function measure(options: Options): Promise<void> {
  const began = Date.now();
  const plane = await startPlane(root);
  const instances: Instance[] = [];
  try {
    await pushBlueprint(plane);
    const made = (instance: Instance) => instances.push(instance);
    const stores = await measureStores(plane, options, made);
    const upgrades = options.only.has('upgrade') ? await measureUpgrades(plane, options.requests, made) : [];
    const about = await describeRun(options, root, { sizes: stores.sizes, rclone: plane.rclone });
    const minutes = Math.round((Date.now() - began) / 60_000);
    if (stores.figures.length > 0)
      await writeResults('stores', { ...about, minutes, figures: stores.figures }, options);
    if (upgrades.length > 0) await writeResults('upgrades', { ...about, minutes, figures: upgrades }, options);
    if (stores.drill.length > 0) await writeResults('drills', { ...about, minutes, figures: stores.drill }, options);
  } finally {
    if (options.keep) say(`left as it is: DRYDOCK_HOME=${plane.home}`);
    else await cleanUp(plane, instances);
  }
}

async function measureStores(
  plane: Plane,
  options: Options,
  made: (instance: Instance) => void,
): Promise<{ figures: Figure[]; drill: Figure[]; sizes: string[] }> {
  const { only, payloadBytes } = options;
  const figures: Figure[] = [];
  if (only.has('provision')) figures.push(await measureProvision(plane, options.provisionPairs, made));
  const filled = ['backup', 'restore', 'large', 'drill'] as const;
  if (!filled.some((name) => only.has(name))) return { figures, drill: [], sizes: ['a few documents'] };

  const instance = newInstance(plane);
  made(instance);
  await provision(plane, instance);
  await fillTo(instance, options.concepts, payloadBytes);
  const bytes = await storedBytes(instance);
  const backup = await backups(plane, instance, options, figures);
  const one: Sized = { bytes, backup };
  if (only.has('restore')) {
    const { figure, last } = await measureRestore(plane, instance, backup.set, options.restorePairs);
    figures.push(figure);
    one.restore = last;
  }
  const drill = only.has('drill') ? await measureDrill(plane, instance) : [];
  if (!only.has('large')) return { figures, drill, sizes: [describeSize(one)] };

  await rm(plane.work, { recursive: true, force: true });
  const large = await largeInstance(plane, instance, options);
  return { figures: [...figures, ...sizeFigures(one, large)], drill, sizes: [one, large].map(describeSize) };
}

/** Restores by hand need a backup by hand, so a pair is made for them too. */
async function backups(plane: Plane, instance: Instance, options: Options, figures: Figure[]): Promise<BackupResult> {
  if (!options.only.has('backup') && !options.only.has('restore')) return backUp(plane, instance);
  const pairs = options.only.has('backup') ? options.backupPairs : 1;
  const { figures: found, last } = await measureBackup(plane, instance, pairs);
  figures.push(...found);
  return last;
}

async function largeInstance(plane: Plane, instance: Instance, options: Options): Promise<Sized> {
  await fillTo(instance, options.largeConcepts, options.payloadBytes);
  const bytes = await storedBytes(instance);
  const backup = await backUp(plane, instance);
  say(`large backup: ${backup.ms} ms`);
  if (!options.only.has('restore')) return { bytes, backup };
  const restored = await restore(plane, instance, backup.set);
  say(`large restore: ${restored.ms} ms`);
  return { bytes, backup, restore: restored };
}

/** Through Drydock where that works; what is left is taken away by its labels. */
async function cleanUp(plane: Plane, instances: readonly Instance[]): Promise<void> {
  say('clean up');
  for (const instance of instances) {
    await decommission(plane, instance).catch(() => undefined);
    await sweep(instance);
  }
  await removePlane(plane);
}

const options = readOptions(process.argv.slice(2), root);
if (options === undefined) process.stdout.write(usage);
else await measure(options);
