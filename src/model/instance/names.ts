/**
 * Every container, volume, project, path and object key, derived in one place. Names of different things are never equal. An
 * instance's name has no `_`, so the first `_` ends it; the place after it (`serving`, `g2`) has no `-` and no `_`, so what
 * Compose joins to the project with `-` begins where it says. Volumes are joined with `.`, which Compose never uses.
 */

import type { Colour } from '../../contracts/ids.ts';

/** Compose project of what serves. */
export function projectName(instance: string): string {
  return `${projectPrefix(instance)}serving`;
}

/** Compose project in which a generation is built beside the serving one. */
export function generationProject(instance: string, generation: number): string {
  return `${projectPrefix(instance)}g${generation}`;
}

/** Whether a Compose project is one of the instance: what serves, or a generation beside it. */
export function isProjectOf(instance: string, project: string): boolean {
  return project.startsWith(projectPrefix(instance));
}

function projectPrefix(instance: string): string {
  return `drydock-${instance}_`;
}

export function volumeName(instance: string, volume: string, generation: number): string {
  return `drydock-${instance}.${volume}.g${generation}`;
}

/** Directory of a release that does not serve, below that of its instance: `blueprint/`, `.env`, `docker-compose.yml`. */
export function releaseDirectory(colour: Colour): string {
  return `.drydock/releases/${colour}`;
}

/** The colour that does not serve while the given one does. */
export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue';
}

/** Name of a release service in a colour. `reservedName` keeps a blueprint from naming a service so. */
export function colouredService(service: string, colour: string): string {
  return `${service}-${colour}`;
}

/** Service that Drydock adds to every instance. */
export const edgeService = 'edge';

/** Why a service or a network of a blueprint may not have this name: a name that Drydock makes could be equal to it. */
export function reservedName(name: string): string | undefined {
  if (name === edgeService) return 'Drydock adds one of that name';
  return /-(blue|green)$/.test(name) ? 'Drydock adds the colour to names of the release' : undefined;
}

/** Store names under which a set keeps something else: the configuration, the evidence. */
export const reservedStores: readonly string[] = ['instance', 'evidence'];

/** Container of a service that runs once, as Compose names it. */
export function containerName(project: string, service: string): string {
  return `${project}-${service}-1`;
}

/** Container of a command that runs once in a service. Compose joins with `-`, so no container of a service has this name. */
export function commandContainer(project: string, service: string): string {
  return `${project}_run_${service}`;
}

/** Network of a project, as Compose names it. */
export function networkName(project: string, network: string): string {
  return `${project}_${network}`;
}

/** Names of one-off containers of a store: repeated exactly, so that a second attempt finds what a dead one left. */
export function oneOffPrefix(project: string, store: string): string {
  return `${project}_oneoff_${store}`;
}

/** Note of a drill that is under way, relative to the instance: what must be removed when nobody ends it. */
export const drillNoteFile = '.drydock/drill.json';

export const instancePrefix = 'instances/';

export function setPrefix(instance: string, set: string): string {
  return `${instancePrefix}${instance}/sets/${set}/`;
}

export function manifestKey(instance: string, set: string): string {
  return `${setPrefix(instance, set)}manifest.json`;
}

/** Written before the manifest of a set is removed, removed last: it proves that what is left below the set is ours. */
export function removalKey(instance: string, set: string): string {
  return `${setPrefix(instance, set)}removal.json`;
}

/** What was found when somebody looked at a set; not part of the set. */
export function evidencePrefix(instance: string, set: string): string {
  return `${setPrefix(instance, set)}evidence/`;
}

export function evidenceKey(instance: string, set: string, number: number): string {
  return `${evidencePrefix(instance, set)}${String(number).padStart(4, '0')}.json`;
}

export function artifactKey(instance: string, set: string, store: string, name: string): string {
  return `${setPrefix(instance, set)}${store}/${name}`;
}

/** Name of an artifact as stored: the source's name and what was done to it. */
export function sealedName(name: string, packing: { compression: string; encryption: string }): string {
  return `${name}${packing.compression === 'zstd' ? '.zst' : ''}${packing.encryption === 'age' ? '.age' : ''}`;
}

export function blueprintKey(ref: string): string {
  const [name, version] = ref.split('@');
  return `blueprints/${name}/${version}.json`;
}

export function tombstoneKey(instance: string): string {
  return `${instancePrefix}${instance}/decommissioned.json`;
}

/** Sortable id of a recovery set. `random` is at least eight hex digits. */
export function setId(now: Date, random: string): string {
  const time = now
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.\d{3}/, '');
  return `${time}-${random.slice(0, 8)}`;
}
