import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { Identity, identityOf } from '../../src/contracts/ids.ts';
import { isKnown, osmose, type Plane, portsOfInstance } from './plane.ts';

export interface Document {
  title: string;
  text: string;
}

const Stats = z.object({
  documents: z.int(),
  concepts: z.int(),
  relations: z.int(),
  vectors: z.int(),
  queued: z.int(),
});
export type Stats = z.infer<typeof Stats>;

/** Digest of all data of each store, computed without Drydock: digests are equal exactly when the data is equal. */
export type Contents = Record<string, unknown>;

/** One instance of the reference application, through its edge and in its stores. */
export interface InstanceClient {
  readonly name: string;
  readonly directory: string;
  /** Its name and id. */
  readonly identity: Identity;
  /** Address of the application's route at the edge. */
  readonly address: string;
  /** Ingests documents, and returns when the worker has finished them all. */
  ingest(documents: readonly Document[]): Promise<Stats>;
  stats(): Promise<Stats>;
  /** Returns when the worker has nothing left to do. */
  idle(): Promise<Stats>;
  /** Names of the concepts nearest to a query. */
  search(query: string): Promise<string[]>;
  /** Status of a write through the edge that changes nothing: 200 when open, 503 when read-only or closed. */
  writeStatus(): Promise<number>;
  /** Version that the serving release reports. */
  version(): Promise<string>;
  contents(): Promise<Contents>;
  /** Runs Python in the network of the stores; the script has `graph`, `vectors`, `redis` and `settings`. */
  python(script: string): Promise<string>;
  /** Runs `docker compose` in the directory of the instance, as an operator would by hand. */
  compose(...args: string[]): Promise<string>;
}

const Seen = z.object({ ...Identity.shape, colour: z.enum(['blue', 'green']) });

/** The document that `writeStatus` sends again: the application answers without writing. */
const known: Document = { title: 'A known document', text: 'Insulin, glucose and metabolism were measured.' };

export async function instanceClient(root: string, name: string): Promise<InstanceClient> {
  const directory = join(root, name);
  const port = /^APP_PORT=(\d+)$/m.exec(await readFile(join(directory, '.env'), 'utf8'))?.[1];
  const address = `http://127.0.0.1:${port}`;
  // Read again each time: an upgrade changes the colour.
  const record = async () => Seen.parse(JSON.parse(await readFile(join(directory, '.drydock/instance.json'), 'utf8')));
  const identity = identityOf(await record());

  const send = (path: string, body?: object): Promise<Response> =>
    fetch(`${address}${path}`, {
      ...(body === undefined ? {} : post(body)),
      signal: AbortSignal.timeout(60_000),
    });
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const response = await send(path, body);
    if (!response.ok) throw new Error(`${address}${path} answers ${response.status}: ${await response.text()}`);
    return response.json();
  };
  const stats = async () => Stats.parse(await ask('/stats'));
  const run = async (script: string): Promise<string> => {
    const container = `drydock-${name}_serving-app-${(await record()).colour}-1`;
    const { stdout } = await execa('docker', ['exec', '--interactive', container, 'python3', '-'], { input: script });
    return stdout;
  };
  return {
    name,
    directory,
    identity,
    address,
    stats,
    idle: () => settled(stats),
    ingest: async (documents) => {
      for (const document of [known, ...documents]) await ask('/documents', document);
      return settled(stats);
    },
    search: async (query) => {
      const found = z.object({ matches: z.array(z.object({ canonical_name: z.string() })) });
      return found.parse(await ask('/search', { query, limit: 5 })).matches.map((match) => match.canonical_name);
    },
    writeStatus: async () => (await send('/documents', known)).status,
    version: async () => z.object({ version: z.string() }).parse(await ask('/version')).version,
    contents: async () => {
      const script = await readFile(new URL('instance-client-contents.py', import.meta.url), 'utf8');
      return { ...(JSON.parse(await run(script)) as Contents), files: await digestOfFiles(directory) };
    },
    python: (script) => run(`${preamble}\n${script}`),
    compose: async (...args) => (await execa('docker', ['compose', ...args], { cwd: directory })).stdout,
  };
}

/** One instance with documents for all files of a run that leave it as it was. Whoever comes first makes it. */
export async function sharedInstance(plane: Plane): Promise<InstanceClient> {
  const { operations, embedded } = plane;
  const name = plane.instance('shared');
  const root = embedded.home.instances;
  if (await isKnown(plane, name)) return instanceClient(root, name);
  await (
    await operations.provision({ instance: name, blueprint: osmose, variables: portsOfInstance(plane, 9) })
  ).result();
  const client = await instanceClient(root, name);
  await client.ingest(documentsOf('pharma'));
  await plantNotes(client, 'of all files');
  return client;
}

/** Notes in Redis, so that every store holds data that does not expire. */
export async function plantNotes(instance: InstanceClient, text: string): Promise<void> {
  await instance.python(`for i in range(20): redis.set(f"note:{i}", f"${text} {i}")`);
  await mkdir(join(instance.directory, 'data', 'docs_in', 'planted'), { recursive: true });
  await writeFile(join(instance.directory, 'data', 'docs_in', 'planted', 'note.txt'), text);
}

/** A clean-up run against the wrong client: nodes, points, notes and a file are gone. */
export async function damage(instance: InstanceClient): Promise<void> {
  await instance.python(`
from qdrant_client.models import Filter, FilterSelector
graph.execute_query("MATCH (c:CanonicalConcept) DETACH DELETE c")
vectors.delete(settings.qdrant_collection, points_selector=FilterSelector(filter=Filter()), wait=True)
redis.delete(*redis.keys("note:*"))
`);
  await writeFile(join(instance.directory, 'data', 'docs_in', 'planted', 'note.txt'), 'overwritten');
}

const preamble = `
import os
from neo4j import GraphDatabase
from osmose.queue import connect_redis
from osmose.settings import Settings
from qdrant_client import QdrantClient
settings = Settings.from_environment(os.environ)
graph = GraphDatabase.driver(settings.neo4j_uri, auth=(settings.neo4j_user, settings.neo4j_password))
vectors = QdrantClient(url=settings.qdrant_url, api_key=settings.qdrant_api_key, check_compatibility=False)
redis = connect_redis(settings)
`;

/** Polls: the application does not say when its worker has nothing left to do. */
async function settled(read: () => Promise<Stats>): Promise<Stats> {
  const deadline = Date.now() + 180_000;
  let before = await read();
  for (;;) {
    await pause(300);
    const now = await read();
    if (now.queued === 0 && JSON.stringify(now) === JSON.stringify(before)) return now;
    if (Date.now() > deadline) throw new Error(`${now.queued} documents are still queued after 3 min`);
    before = now;
  }
}

function post(body: object): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

/** Every file that is data of the client, by path and content; the extraction cache can be computed again. */
async function digestOfFiles(directory: string): Promise<string> {
  const hash = createHash('sha256');
  let files = 0;
  for (const top of ['config', 'data/docs_done', 'data/docs_in']) {
    if (!existsSync(join(directory, top))) continue;
    const entries = await readdir(join(directory, top), { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    for (const path of paths.sort()) {
      hash.update(path.slice(directory.length)).update(await readFile(path));
      files += 1;
    }
  }
  return `${files}/${hash.digest('hex').slice(0, 16)}`;
}

const subjects = [
  'placebo, dosage and efficacy',
  'toxicity, biomarker and pharmacokinetics',
  'oncology, immunotherapy and remission',
  'vaccine, antibody and immunity',
  'enzyme, inhibitor and receptor',
  'invoice, ledger and reconciliation',
  'inventory, warehouse and replenishment',
  'customs, tariff and shipment',
  'audit, compliance and approval',
  'batch, recipe and traceability',
] as const;

/** Documents of one client; the two clients share no subject. */
export function documentsOf(client: 'pharma' | 'sap'): Document[] {
  const own = client === 'pharma' ? subjects.slice(0, 5) : subjects.slice(5);
  return own.flatMap((subject) =>
    ['A first report on', 'Later findings about'].map((opening) => ({
      title: `${opening} ${subject}`,
      text: `The team looked at ${subject.split(/, | and /).join(' together with ')}. ${opening} ${subject}.`,
    })),
  );
}
