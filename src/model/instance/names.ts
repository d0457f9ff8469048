/**
 * Every container, volume, project, path and object key, derived in one place. Names of different things are never
 * equal. An instance's name has no `_`, so the first `_` ends it; the place after it (`serving`, `g2`) has no `-` and
 * no `_`, so Compose's `-` ends the project. Volumes are joined with `.`, which Compose never uses.
 */

import { type Colour, Identity } from '../../contracts/ids.ts';

/** Compose project that serves. */
export function projectName(instance: string): string {
  return `${projectPrefix(instance)}serving`;
}

/** Compose project in which a generation is built beside the serving one. */
export function generationProject(instance: string, generation: number): string {
  return `${projectPrefix(instance)}g${generation}`;
}

/** Whether a Compose project belongs to the instance: the serving one, or a generation beside it. */
export function isProjectOf(instance: string, project: string): boolean {
  return project.startsWith(projectPrefix(instance));
}

function projectPrefix(instance: string): string {
  return `drydock-${instance}_`;
}

export function volumeName(instance: string, volume: string, generation: number): string {
  return `drydock-${instance}.${volume}.g${generation}`;
}

/** Directory of a release that does not serve, below its instance: `blueprint/`, `.env`, `docker-compose.yml`. */
export function releaseDirectory(colour: Colour): string {
  return `.drydock/releases/${colour}`;
}

/** The other of the two colours. */
export function otherColour(colour: Colour): Colour {
  return colour === 'blue' ? 'green' : 'blue';
}

/** Name of a release service in a colour. `reservedName` keeps these names out of blueprints. */
export function colouredService(service: string, colour: string): string {
  return `${service}-${colour}`;
}

/** The service that Drydock adds to every instance. */
export const edgeService = 'edge';

/** Why a service or network of a blueprint may not have this name: Drydock could make an equal name. */
export function reservedName(name: string): string | undefined {
  if (name === edgeService) return 'Drydock adds one of that name';
  return /-(blue|green)$/.test(name) ? 'Drydock adds the colour to names of the release' : undefined;
}

/** Names of the non-store parts of a set, the configuration and the evidence: no store may have them. */
export const reservedStores: readonly string[] = ['instance', 'evidence'];

/** Container of a service that runs once, as Compose names it. */
export function containerName(project: string, service: string): string {
  return `${project}-${service}-1`;
}

/** Container of a command that runs once in a service. Compose joins with `-`, so no service has it. */
export function commandContainer(project: string, service: string): string {
  return `${project}_run_${service}`;
}

/** Network of a project, as Compose names it. */
export function networkName(project: string, network: string): string {
  return `${project}_${network}`;
}

/** Prefix of a store's one-off containers: always the same, so that a retry finds what a dead attempt left. */
export function oneOffPrefix(project: string, store: string): string {
  return `${project}_oneoff_${store}`;
}

/** Directory of an instance's edge, below the instance. */
export const edgeDirectory = '.drydock/edge';

/** Note of a drill under way, relative to the instance: what to remove when the drill is never ended. */
export const drillNoteFile = '.drydock/drill.json';

/** Everything that the bucket holds of all instances. */
export const instancesPrefix = 'instances/';

/** `pharma.01K9…`: what tells an instance from every other of its name. A name holds no `.`. */
export function fullName({ instance, id }: { instance: string; id: string }): string {
  return `${instance}.${id}`;
}

/** Undefined if the text is no full name. */
export function readFullName(text: string): Identity | undefined {
  const [instance, id, ...more] = text.split('.');
  return more.length > 0 ? undefined : Identity.safeParse({ instance, id }).data;
}

/** Everything that the bucket holds of an instance. */
export function instancePrefix(of: Identity): string {
  return `${instancesPrefix}${fullName(of)}/`;
}

export function setsPrefix(of: Identity): string {
  return `${instancePrefix(of)}sets/`;
}

export function setPrefix(of: Identity, set: string): string {
  return `${setsPrefix(of)}${set}/`;
}

export function manifestKey(of: Identity, set: string): string {
  return `${setPrefix(of, set)}manifest.json`;
}

/** Written before a set's manifest is removed, and removed last: it proves that the set's remains are ours. */
export function removalKey(of: Identity, set: string): string {
  return `${setPrefix(of, set)}removal.json`;
}

/** Evidence about a set; not part of the set. */
export function evidencePrefix(of: Identity, set: string): string {
  return `${setPrefix(of, set)}evidence/`;
}

export function evidenceKey(of: Identity, set: string, number: number): string {
  return `${evidencePrefix(of, set)}${String(number).padStart(4, '0')}.json`;
}

export function artifactKey(of: Identity, set: string, store: string, name: string): string {
  return `${setPrefix(of, set)}${store}/${name}`;
}

/** Name of an artifact as stored: the source's name with its packing. */
export function sealedName(name: string, packing: { compression: string; encryption: string }): string {
  return `${name}${packing.compression === 'zstd' ? '.zst' : ''}${packing.encryption === 'age' ? '.age' : ''}`;
}

export function blueprintKey(ref: string): string {
  const [name, version] = ref.split('@');
  return `blueprints/${name}/${version}.json`;
}

/** Entries of an instance; without an id, of the runs that never knew which instance of this name they were about. */
export function journalPrefix({ instance, id }: { instance: string; id?: string | undefined }): string {
  return `${instancesPrefix}${id === undefined ? instance : fullName({ instance, id })}/journal/`;
}

export function tombstoneKey(of: Identity): string {
  return `${instancePrefix(of)}decommissioned.json`;
}

/** Sortable id of a recovery set. `random` is at least eight hex digits. */
export function setId(now: Date, random: string): string {
  const time = now
    .toISOString()
    .replace(/[-:]/g, '')
    .replace(/\.\d{3}/, '');
  return `${time}-${random.slice(0, 8)}`;
}
