import type { Blueprint, VariableSpec } from '../../contracts/blueprint.ts';
import { BlueprintRef, type Colour, type Generation, type HostName } from '../../contracts/ids.ts';
import type { ProvisionPlan, ProvisionRequest } from '../../contracts/provision.ts';
import { DrydockError } from '../../errors.ts';
import { readableBytes } from '../words/bytes.ts';
import { volumesOfStores } from './blueprint-stores.ts';
import { parseEnv } from './env-file.ts';
import { projectName } from './names.ts';

/** The host before anything is made. */
export interface HostObservation {
  host: HostName;
  /** Port → who holds it: a container, another instance, a process. */
  portsInUse: ReadonlyMap<number, string>;
  directoryExists: boolean;
  /** Containers, volumes or networks that already carry the instance's labels or names. */
  leftovers: readonly string[];
  memoryBytes: number;
  memoryReserveBytes: number;
  /** Sum of the memory limits of the instances already on the host. */
  memoryPromisedBytes: number;
  diskFreeBytes: number;
  /** Host-wide defaults of variables, such as image names. */
  hostVariables: Readonly<Record<string, string>>;
  /** Files in the host's secrets directory. */
  secretFiles: readonly string[];
}

/** Bytes on disk for an empty instance before images and data: three stores' preallocated logs, measured at 0.6 GiB. */
const diskNeededBytes = 2 * 1024 ** 3;
const secretPrefix = 'secret:';

type Choices = Pick<ProvisionPlan, 'variables' | 'ports' | 'generate' | 'secretFiles'>;

/** What an existing instance keeps: it may hold its own ports, and its secrets are not made again. */
export interface KeptValues {
  values: Readonly<Record<string, string>>;
  secrets: readonly string[];
}

/** The sources of chosen values. */
type Sources = Pick<HostObservation, 'portsInUse' | 'hostVariables' | 'secretFiles'> & { kept?: KeptValues };

interface Choosing {
  given: Readonly<Record<string, string>>;
  sources: Sources;
  kept: KeptValues;
  choices: Choices;
  problems: string[];
}

/** Values for every variable of the template, or every reason why some are missing. */
export function chooseVariables(
  blueprint: Blueprint,
  template: string,
  given: Readonly<Record<string, string>>,
  observed: Sources,
): Choices & { problems: string[] } {
  const declared = parseEnv(template);
  const problems = Object.keys(given)
    .filter((name) => declared[name] === undefined)
    .map(
      (name) =>
        `${name} is not a variable of ${blueprint.name}@${blueprint.version}; it has ${Object.keys(declared).join(', ')}`,
    );
  const choices: Choices = { variables: {}, ports: {}, generate: [], secretFiles: {} };
  const choosing = { given, sources: observed, kept: observed.kept ?? { values: {}, secrets: [] }, choices, problems };

  const open = Object.keys(declared).filter((name) => (given[name] ?? choosing.kept.values[name]) === undefined);
  const offset = freeOffset(blueprint, open, observed.portsInUse);
  for (const [name, templateValue] of Object.entries(declared)) {
    const spec: VariableSpec = blueprint.variables[name] ?? { kind: 'text' };
    switch (spec.kind) {
      case 'port':
        choosePort(choosing, name, spec.base + offset);
        break;
      case 'secret':
        chooseSecret(choosing, name, spec);
        break;
      case 'text':
        chooseText(choosing, name, { templateValue, spec: blueprint.variables[name] });
        break;
    }
  }
  return { ...choices, problems };
}

function choosePort({ given, sources, kept, choices, problems }: Choosing, name: string, free: number): void {
  const value = given[name] ?? kept.values[name] ?? String(free);
  const port = Number(value);
  const holder = value === kept.values[name] ? undefined : sources.portsInUse.get(port);
  if (!Number.isInteger(port) || port < 1 || port > 65535) problems.push(`${name}=${value} is not a port`);
  else if (holder !== undefined) problems.push(`port ${port} (${name}) is taken by ${holder}`);
  const twin = Object.entries(choices.ports).find(([, taken]) => taken === port);
  if (twin !== undefined) problems.push(`port ${port} is given to ${twin[0]} and to ${name}`);
  choices.ports[name] = port;
  choices.variables[name] = String(port);
}

function chooseSecret(
  { given, sources, kept, choices, problems }: Choosing,
  name: string,
  spec: VariableSpec & { kind: 'secret' },
): void {
  if (given[name]?.startsWith(secretPrefix)) {
    const file = given[name].slice(secretPrefix.length);
    if (sources.secretFiles.includes(file)) choices.secretFiles[name] = file;
    else
      problems.push(`${name}: the host has no secret file ${file}; it has ${sources.secretFiles.join(', ') || 'none'}`);
  } else if (given[name] !== undefined) {
    problems.push(
      `${name} is a secret and cannot be given as a value: put it into a file of the host's secrets directory and pass ${secretPrefix}FILE`,
    );
  } else if (kept.secrets.includes(name)) return;
  else if (spec.generate !== undefined) choices.generate.push(name);
  else if (spec.optional !== true) problems.push(`${name} is missing: pass ${name}=${secretPrefix}FILE`);
}

function chooseText(
  { given, sources, kept, choices, problems }: Choosing,
  name: string,
  { templateValue, spec }: { templateValue: string; spec: VariableSpec | undefined },
): void {
  const value = given[name] ?? kept.values[name] ?? sources.hostVariables[name] ?? templateValue;
  if (value === '' && spec !== undefined && !('optional' in spec && spec.optional === true)) {
    problems.push(`${name} is missing: pass ${name}=VALUE`);
  }
  if (/[\n\r]/.test(value)) problems.push(`${name} contains a line break`);
  choices.variables[name] = value;
}

/** The complete plan of a new instance, or a refusal with every reason. The caller adds the hash. */
export function planProvision(
  request: ProvisionRequest & Pick<ProvisionPlan, 'id'>,
  blueprint: Blueprint,
  stored: { digest: ProvisionPlan['blueprint']['digest']; template: string },
  observed: HostObservation,
  neededMemoryBytes: number,
  images: Record<string, string>,
): Omit<ProvisionPlan, 'hash'> {
  const choices = chooseVariables(blueprint, stored.template, request.variables, observed);
  const problems = [...choices.problems];
  if (observed.directoryExists) problems.push(`host ${observed.host} already has a directory for ${request.instance}`);
  if (observed.leftovers.length > 0)
    problems.push(`host ${observed.host} already has ${observed.leftovers.join(', ')}`);
  const memoryFree = observed.memoryBytes - observed.memoryReserveBytes - observed.memoryPromisedBytes;
  if (neededMemoryBytes > memoryFree) {
    problems.push(
      `needs ${readableBytes(neededMemoryBytes)} of memory; host ${observed.host} has ${readableBytes(Math.max(0, memoryFree))} left of ` +
        `${readableBytes(observed.memoryBytes)} (${readableBytes(observed.memoryPromisedBytes)} promised, ${readableBytes(observed.memoryReserveBytes)} reserved)`,
    );
  }
  if (observed.diskFreeBytes < diskNeededBytes) {
    problems.push(
      `needs ${readableBytes(diskNeededBytes)} of disk; host ${observed.host} has ${readableBytes(observed.diskFreeBytes)} free`,
    );
  }
  if (problems.length > 0) {
    throw new DrydockError('refused', `plan the provisioning of ${request.instance} on ${observed.host}: refused`, {
      problems,
      next: 'nothing was made; change the request or the host and start again',
    });
  }
  const generation = 1 as Generation;
  return {
    instance: request.instance,
    id: request.id,
    host: observed.host,
    tier: request.tier,
    project: projectName(request.instance),
    blueprint: { ref: BlueprintRef.parse(`${blueprint.name}@${blueprint.version}`), digest: stored.digest },
    colour: 'blue' satisfies Colour,
    generation,
    variables: choices.variables,
    generate: choices.generate,
    secretFiles: choices.secretFiles,
    storePorts: request.storePorts,
    ports: choices.ports,
    images,
    volumes: volumesOfStores(blueprint, request.instance, generation),
    memoryBytes: neededMemoryBytes,
  };
}

/** The smallest multiple of 100 at which all ports of the block are free; 0 if none: the refusal names the first. */
function freeOffset(blueprint: Blueprint, names: readonly string[], taken: ReadonlyMap<number, string>): number {
  const bases = names
    .map((name) => blueprint.variables[name])
    .flatMap((spec) => (spec?.kind === 'port' ? spec.base : []));
  const offsets = Array.from({ length: 100 }, (_, step) => step * 100);
  return offsets.find((offset) => bases.every((base) => base + offset < 65536 && !taken.has(base + offset))) ?? 0;
}
