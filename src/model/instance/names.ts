/** Every container, volume, project, path and object key, derived in one place. */

import type { Colour } from '../../contracts/ids.ts';

export function projectName(instance: string): string {
  return `drydock-${instance}`;
}

/** Compose project in which a generation is built beside the serving one. */
export function generationProject(instance: string, generation: number): string {
  return `${projectName(instance)}-g${generation}`;
}

export function volumeName(instance: string, volume: string, generation: number): string {
  return `${projectName(instance)}_${volume}_g${generation}`;
}

/** Directory of a release that does not serve, below that of its instance: `blueprint/`, `.env`, `docker-compose.yml`. */
export function releaseDirectory(colour: Colour): string {
  return `.drydock/releases/${colour}`;
}

/** The colour that does not serve while the given one does. */
export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue';
}

/** Name of a release service in a colour. */
export function colouredService(service: string, colour: string): string {
  return `${service}-${colour}`;
}

/** Service that Drydock adds to every instance. */
export const edgeService = 'edge';

/** Container of a service that runs once, as Compose names it. */
export function containerName(project: string, service: string): string {
  return `${project}-${service}-1`;
}

/** Network of a project, as Compose names it. */
export function networkName(project: string, network: string): string {
  return `${project}_${network}`;
}

/** Names of one-off containers of a store: repeated exactly, so that a second attempt finds what a dead one left. */
export function oneOffPrefix(project: string, store: string): string {
  return `${project}-oneoff-${store}`;
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
