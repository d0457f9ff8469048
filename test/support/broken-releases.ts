import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { readBlueprintFiles } from '../../src/client/blueprint-files.ts';

/** Faults a release can have, each with the last number of its version: osmose@2.0.4 is 2.0.0 that errs after the switch. */
export const faults = {
  /** `/ready` answers 503 for ever. */
  'never-healthy': 1,
  /** `/ready` is fine, `/health` says degraded. */
  'fails-smoke': 2,
  /** A further compatible migration: its first statement succeeds, its second fails. */
  'migration-fails': 3,
  /** Answers 500 to a third of the requests once it was asked often enough through the edge; its health stays good. */
  'errors-after-switch': 4,
  /** Needs half a minute until it answers, and works then. */
  'slow-start': 5,
  /** One request in ten through the edge keeps a connection to Neo4j; without any left, requests and health fail. */
  'leaks-connections': 6,
  /** No fault at all: another version of the same, without a further migration. */
  none: 7,
} as const;
export type Fault = keyof typeof faults;

export type BaseVersion = '1.0.0' | '2.0.0' | '3.0.0';

export interface Release {
  /** Such as osmose@2.0.1. */
  ref: string;
  version: string;
  /** The blueprint of the release, ready to be pushed. */
  directory: string;
}

/** A blueprint in parts, to be changed. */
export interface Parts {
  contract: Record<string, unknown>;
  compose: { services: Record<string, ComposeService> };
  /** All files but the blueprint, by path. */
  files: Map<string, string>;
}

interface ComposeService {
  environment: Record<string, string>;
  command?: string[];
  healthcheck: Record<string, unknown>;
  [key: string]: unknown;
}

/** Requests through the edge until a fault that comes with time shows: later than the checks right after a switch. */
const faultAfter = 200;
const blueprints = new URL('../../blueprints/', import.meta.url);

/** Writes the blueprint of a release that has one fault, below a directory, and says where it is. */
export async function writeRelease(fault: Fault, below: string, base: BaseVersion = '2.0.0'): Promise<Release> {
  const version = base.replace(/0$/, String(faults[fault]));
  const program = await readFile(new URL('broken-release.py', import.meta.url), 'utf8');
  return writeDerivedRelease({ base, version, below }, (parts) => {
    if (fault === 'migration-fails') addFailingMigration(parts, version);
    else if (fault !== 'none') runWithFault(parts, fault, program);
  });
}

/** Writes a blueprint made from a shipped one by a change of your own. Its images are those of the shipped one. */
export async function writeDerivedRelease(
  { base, version, below }: { base: BaseVersion; version: string; below: string },
  change: (parts: Parts) => void,
): Promise<Release> {
  const shipped = fileURLToPath(new URL(base === '1.0.0' ? 'osmose' : `osmose-${base}`, blueprints));
  const files = new Map([...readBlueprintFiles(shipped)].map(([path, content]) => [path, content.toString('utf8')]));
  const parts: Parts = {
    contract: parse(files.get('blueprint.yaml') ?? ''),
    compose: parse(files.get('docker-compose.yml') ?? '', { merge: true }),
    files,
  };
  parts.contract['version'] = version;
  // The release reports this version; its image carries the version it was made from.
  for (const service of ['app', 'worker', 'frontend'])
    serviceOf(parts, service).environment['OSMOSE_VERSION'] = version;
  change(parts);
  files.set('blueprint.yaml', stringify(parts.contract));
  files.set('docker-compose.yml', stringify(parts.compose, { aliasDuplicateObjects: false, lineWidth: 0 }));

  const directory = join(below, `osmose-${version}`);
  for (const [path, content] of files) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return { ref: `osmose@${version}`, version, directory };
}

function runWithFault(parts: Parts, fault: Fault, program: string): void {
  const app = serviceOf(parts, 'app');
  app.environment['FAULT'] = fault;
  app.environment['FAULT_AFTER'] = String(faultAfter);
  // A dollar would be Compose's.
  app.command = ['python', '-c', program.replaceAll('$', '$$$$')];
  if (fault === 'never-healthy') app.healthcheck['start_period'] = '5s';
}

function addFailingMigration({ contract, files }: Parts, version: string): void {
  const migrations = (contract['migrations'] ?? []) as object[];
  const cypher = 'migrations/half-way.cypher';
  contract['migrations'] = [
    ...migrations,
    { name: 'half-way', since: version, compatible: true, cypher, store: 'graph' },
  ];
  files.set(
    cypher,
    `// The first statement is done and can be repeated, the second cannot be done.
MATCH (c:CanonicalConcept) SET c.half_way = true;
UNWIND [0] AS nothing RETURN 1 / nothing;
`,
  );
}

function serviceOf({ compose }: Parts, name: string): ComposeService {
  const service = compose.services[name];
  if (service === undefined) throw new Error(`the blueprint has no service ${name}`);
  // Services share merged parts; a change is for one service.
  service.environment = { ...service.environment };
  return service;
}
