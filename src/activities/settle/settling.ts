import { readdir } from 'node:fs/promises';
import type { InstanceFacts } from '../../contracts/lease.ts';
import { DrydockError } from '../../errors.ts';
import { serviceStores } from '../../model/instance/blueprint-stores.ts';
import { instanceLabels } from '../../model/instance/labels.ts';
import {
  colouredService,
  containerName,
  isProjectOf,
  otherColour,
  projectName,
  releaseDirectory,
  volumeName,
} from '../../model/instance/names.ts';
import type { Fenced } from '../attempt/fenced.ts';
import { signalOfStep } from '../attempt/step-context.ts';
import { restoreVacuums } from '../care/vacuums.ts';
import { endDrill, readDrillNote } from '../drills/drill-place.ts';
import { exchangeFiles, filePaths, isThere } from '../instance/exchange.ts';
import type { HostDrivers } from '../instance/host-drivers.ts';
import { openInstance, openRelease } from '../instance/instances.ts';
import { servingProject } from '../instance/projects.ts';
import { readOnlyHolds, restingMode, writeHolds } from '../instance/read-only-holds.ts';
import { readReleaseNote } from '../instance/release-notes.ts';
import { renderServing } from '../instance/rendering.ts';
import { serve } from '../instance/serve.ts';
import { generationFiles, openRunning, serving } from '../instance/store-locations.ts';
import { releaseContainers, removeReleaseOf, stopJobsOf } from '../releases/release-containers.ts';
import { exchangeReleases } from '../releases/switching.ts';
import { switchGenerations } from '../sets/generations.ts';

/** How long the release is kept that a dead upgrade has replaced and not retired, in milliseconds: a day. */
const keptMs = 24 * 3600_000;

/** Steps that put an instance right after a procedure that can no longer do it. */
export function createSettlingActivities(drivers: HostDrivers) {
  const { directories } = drivers;

  return {
    /**
     * Makes the instance what its record says: lifts the read-only of dead runs, completes or takes back a half-made exchange,
     * recovers stopped stores, starts what must run, puts settings of stores back, points the edge at the record's colour, and ends what dead runs had begun
     * beside it. Says what it had to do.
     */
    async settleInstance(
      step: Fenced<{ instance: string; dead: string[] }>,
    ): Promise<{ done: string[]; facts?: Partial<InstanceFacts> }> {
      const { instance, dead } = step;
      if ((await directories.recordIfAny(instance)) === undefined) return { done: [] }; // It was never made, or is removed.
      const done = [
        ...(await endJobs(instance)), // before anything writes again
        ...(await liftHolds(instance, dead)),
        ...(await endExchanges(instance)),
        ...(await endSwitch(instance)),
        ...(await removeDrill(instance, dead)),
        ...(await removeBuilds(instance)),
        ...(await stopStrayWriters(instance)),
        ...(await recoverStores(instance)),
        ...(await startMissing(instance)),
        ...(await restoreVacuums(drivers, await openInstance(directories, instance))),
        ...(await settleEdge(instance)),
        ...(await endUpgrade(instance, dead)),
      ];
      return { done, facts: await factsOf(instance) };
    },
  };

  /** A migration by a command goes on when its run is dead. */
  async function endJobs(instance: string): Promise<string[]> {
    const stopped: string[] = [];
    for (const colour of ['blue', 'green'] as const) stopped.push(...(await stopJobsOf(drivers, instance, colour)));
    return stopped.map((name) => `stopped ${name}`);
  }

  async function liftHolds(instance: string, dead: readonly string[]): Promise<string[]> {
    const holds = await readOnlyHolds(directories, instance);
    const lifted = holds.filter(({ by }) => dead.includes(by));
    if (lifted.length > 0) {
      await writeHolds(
        directories,
        instance,
        holds.filter(({ by }) => !dead.includes(by)),
      );
    }
    return lifted.map(({ by, reason }) => `lifted the read-only of ${by} (${reason})`);
  }

  /** The record says which release and which generation serve; files that an exchange has left elsewhere come back. */
  async function endExchanges(instance: string): Promise<string[]> {
    const { colour, generation } = await directories.record(instance);
    const done: string[] = [];
    const moved = ['blueprint', '.env'].map((file) => directories.path(instance, releaseDirectory(colour), file));
    if ((await Promise.all(moved.map(isThere))).includes(true)) {
      await exchangeReleases(drivers, { instance, colour, insteadOf: otherColour(colour) });
      done.push(`brought the files of the ${colour} release back`);
    }
    const local = await openInstance(directories, instance);
    for (const from of await otherGenerations(instance, generation)) {
      const away = (await filePaths(directories, local)).map((path) =>
        directories.path(instance, generationFiles(generation), path),
      );
      if (!(await Promise.all(away.map(isThere))).includes(true)) break;
      await exchangeFiles(directories, local, { from, to: generation });
      done.push(`brought the files of generation ${generation} back`);
    }
    await renderServing(drivers, instance);
    return done;
  }

  /**
   * A release on the generation that was not made for it is a switch that ended half way: the older release serves its own again.
   * Nothing was written to the other one, since nothing passed.
   */
  async function endSwitch(instance: string): Promise<string[]> {
    const { colour, generation } = await directories.record(instance);
    const note = await readReleaseNote(directories, instance, otherColour(colour));
    if (note === undefined || note.own.generation === note.other.generation) return [];
    if (generation !== note.own.generation) return [];
    const [older, newer] = note.brought.by === note.own.colour ? [note.other, note.own] : [note.own, note.other];
    await exchangeReleases(drivers, { instance, colour: older.colour, insteadOf: newer.colour });
    await switchGenerations(drivers, {
      instance,
      generation: older.generation,
      insteadOf: newer.generation,
    });
    return [`took ${older.blueprint.ref} back to generation ${older.generation}`];
  }

  /** Newest first: an exchange is always with the one made last, or with the one before it. */
  async function otherGenerations(instance: string, generation: number): Promise<number[]> {
    const names = await readdir(directories.path(instance, '.drydock/generations')).catch(() => []); // None was ever made.
    return names
      .map((name) => Number(name.slice(1)))
      .filter((other) => other !== generation)
      .sort((left, right) => right - left);
  }

  /** A drill that nobody ends any more. Nothing of it is worth keeping. */
  async function removeDrill(instance: string, dead: readonly string[]): Promise<string[]> {
    const note = await readDrillNote(directories, instance);
    if (note === undefined || !dead.includes(note.by)) return [];
    await endDrill(drivers, instance, note);
    return [`removed the drill of set ${note.set}`];
  }

  /** Projects of generations that somebody was building: their volumes stay until they are removed or built again. */
  async function removeBuilds(instance: string): Promise<string[]> {
    const views = await drivers.containers.containers(instanceLabels(instance));
    const projects = new Set(views.map(({ labels }) => labels['com.docker.compose.project'] ?? ''));
    const builds = [...projects].filter((name) => isProjectOf(instance, name) && name !== projectName(instance));
    for (const name of builds) {
      await drivers.compose.down({ ...servingProject(directories, instance), name }, signalOfStep());
    }
    return builds.map((name) => `removed the containers of ${name}`);
  }

  /** Only the release that serves has running writers. */
  async function stopStrayWriters(instance: string): Promise<string[]> {
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
  }

  async function recoverStores(instance: string): Promise<string[]> {
    const local = await openInstance(directories, instance);
    const done: string[] = [];
    for (const [store, { service, volume }] of serviceStores(local.blueprint)) {
      const name = volumeName(instance, volume, local.record.generation);
      if ((await drivers.containers.volume(name)) === undefined) {
        throw new DrydockError('refused', `settle ${instance}: volume ${name} of store ${store} is gone`, {
          next: 'end its decommissioning, or restore it with --as under another name',
        });
      }
      const view = await drivers.containers.container(containerName(projectName(instance), service));
      if (view === undefined) continue; // Then nothing was left in it; Compose makes it anew.
      await (await openRunning(drivers, local, store, serving(local))).recover(signalOfStep());
      if (view.state !== 'running') done.push(`started store ${store}`);
    }
    return done;
  }

  async function startMissing(instance: string): Promise<string[]> {
    const running = async () => {
      const views = await drivers.containers.containers(instanceLabels(instance));
      return views.filter(({ state }) => state === 'running').map(({ name }) => name);
    };
    const before = await running();
    await serve(drivers, instance);
    return (await running()).filter((name) => !before.includes(name)).map((name) => `started ${name}`);
  }

  async function settleEdge(instance: string): Promise<string[]> {
    const at = directories.path(instance, '.drydock/edge');
    const { colour } = await directories.record(instance);
    const [seenColour, seenMode] = [await drivers.edge.colour(at), await drivers.edge.mode(at)];
    const mode = await restingMode(directories, instance);
    await drivers.edge.setColour(at, colour);
    await drivers.edge.setMode(at, mode);
    return [
      ...(seenColour === colour ? [] : [`pointed the edge at ${colour}`]),
      ...(seenMode === mode ? [] : [`turned the edge from ${seenMode} to ${mode}`]),
    ];
  }

  /** A candidate of a dead upgrade goes; a release that was replaced is stopped, and kept for the way back. */
  async function endUpgrade(instance: string, dead: readonly string[]): Promise<string[]> {
    const record = await directories.record(instance);
    const colour = otherColour(record.colour);
    const note = await readReleaseNote(directories, instance, colour);
    const isKept = record.previous?.colour === colour;
    if (note === undefined || !(isKept || dead.includes(note.by))) return [];
    if (note.brought.by === colour && !isKept) {
      await removeReleaseOf(drivers, instance, colour);
      return [`removed the ${colour} release, which never served`];
    }
    const found = await releaseContainers(drivers, instance, colour);
    const running = found.filter(({ view }) => view.state === 'running').map(({ service }) => service);
    const project = servingProject(directories, instance);
    if (running.length > 0) await drivers.compose.stop(project, running, signalOfStep());
    const keepUntil = record.previous?.keepUntil ?? new Date(Date.now() + keptMs).toISOString();
    if (!isKept) await exchangeReleases(drivers, { instance, colour: record.colour, insteadOf: colour, keepUntil });
    return running.length === 0 ? [] : [`stopped the ${colour} release, and kept it for the way back`];
  }

  async function factsOf(instance: string): Promise<Partial<InstanceFacts>> {
    const { tier, blueprint, colour, generation } = await directories.record(instance);
    const [hold] = await readOnlyHolds(directories, instance);
    const mode = hold === undefined ? 'open' : 'read-only';
    return { tier, blueprint: blueprint.ref, colour, generation, mode, modeReason: hold?.reason ?? '' };
  }
}
