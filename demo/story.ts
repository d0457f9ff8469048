import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import type { Operations } from '../src/client/operations.ts';
import type { RunHandle } from '../src/client/runs.ts';
import { formatTable } from '../src/client/table.ts';
import { DrydockError } from '../src/errors.ts';
import { colouredService, containerName, projectName } from '../src/model/instance/names.ts';
import { type DemoDocument, documentsOf } from './documents.ts';
import { type OsmoseApi, osmoseAt, type Stats } from './osmose-api.ts';

/** Names of the two instances: the damaged one and its neighbour. */
export interface Cast {
  pharma: string;
  sap: string;
}

export const usualCast: Cast = { pharma: 'pharma', sap: 'sap' };

/** Tells the story: each step is named, shown and timed. */
export interface Stage {
  step<Result>(title: string, act: () => Promise<Result>): Promise<Result>;
  follow<Report>(run: RunHandle<Report>): Promise<Report>;
}

export interface Story {
  victim: string;
  before: Measured;
  damaged: Measured;
  after: Measured;
  set: string;
  unavailableMs: number;
  barrierMs: number;
  addresses: Record<string, Addresses>;
}

interface Measured extends Stats {
  found: string[];
}

const query = 'efficacy';

/** Two clients work; one loses its data and comes back from its set; the other notices nothing. */
export async function tellStory(operations: Operations, stage: Stage, cast: Cast): Promise<Story> {
  const victim = cast.pharma;
  const own = await stage.step(`provision ${victim}`, async () => (await provision(operations, victim))(stage));
  const app = appAt(own);
  await stage.step(`put 20 documents into ${victim}`, () => ingest(app, documentsOf('pharma')));
  const before = await measure(app);
  const provisioned = await provision(operations, cast.sap);
  const backup = await stage.step(`back up ${victim}, while ${cast.sap} is provisioned`, async () =>
    stage.follow(await operations.backup({ instance: victim })),
  );
  const others = await stage.step(`provision ${cast.sap}: the rest`, () => provisioned(stage));
  await stage.step(`put 20 documents into ${cast.sap}`, () => ingest(appAt(others), documentsOf('sap')));
  await stage.step(`damage ${victim}: delete concepts and vectors`, () => damage(operations, victim));
  const damaged = await measure(app);
  const restored = await stage.step(`restore ${victim}`, async () =>
    stage.follow(await operations.restore({ instance: victim, set: backup.set, confirm: victim })),
  );
  const after = await measure(app);
  await stage.step(`verify ${victim}`, async () => stage.follow(await operations.verify({ instance: victim })));
  const { unavailableMs } = restored;
  const addresses = { [victim]: own, [cast.sap]: others };
  return { victim, before, damaged, after, set: backup.set, unavailableMs, barrierMs: backup.barrierMs, addresses };
}

type Addresses = Record<string, string>;

/** Starts a provisioning unless an earlier demonstration did; the returned function waits for the end. */
async function provision(operations: Operations, name: string): Promise<(stage: Stage) => Promise<Addresses>> {
  const there = (await operations.instances()).find((view) => view.instance === name)?.state?.facts;
  if (there?.status === 'serving') return async () => there.addresses;
  const run = await operations.provision({ instance: name, blueprint: 'osmose@1.0.0' });
  return async (stage) => (await stage.follow(run)).addresses;
}

async function ingest(app: OsmoseApi, documents: readonly DemoDocument[]): Promise<void> {
  for (const document of documents) await app.ingest(document);
  await app.settled();
}

async function measure(app: OsmoseApi): Promise<Measured> {
  return { ...(await app.settled()), found: await app.search(query) };
}

/** The stores can only be reached inside the instance, so the application's container does the damage. */
async function damage(operations: Operations, victim: string): Promise<void> {
  const { facts } = await operations.instance(victim);
  const container = containerName(projectName(victim), colouredService('app', facts.colour));
  const script = readFileSync(fileURLToPath(new URL('damage.py', import.meta.url)), 'utf8');
  await execa('docker', ['exec', '--interactive', container, 'python3', '-'], { input: script });
}

function appAt(addresses: Addresses): OsmoseApi {
  const address = addresses['app'];
  if (address !== undefined) return osmoseAt(address);
  throw new DrydockError('not-found', 'tell the story: the instance says no address of its application');
}

/** Counts before, damaged and after, as the application's users see them. */
export function compareTable({ victim, before, damaged, after }: Story): string {
  const names = ['documents', 'concepts', 'relations', 'proto_concepts', 'vectors'] as const;
  const counts = names.map((name) => [
    name.replace('_', ' '),
    ...[before, damaged, after].map((at) => String(at[name])),
    before[name] === after[name] ? 'back' : 'DIFFERENT',
  ]);
  const searches = [before, damaged, after].map(({ found }) => found[0] ?? 'nothing');
  const same = JSON.stringify(before.found) === JSON.stringify(after.found);
  const row = [`search “${query}”`, ...searches, same ? 'back' : 'DIFFERENT'];
  return formatTable([victim, 'BEFORE', 'DAMAGED', 'AFTER', ''], [...counts, row]);
}

export function isBack({ before, after }: Story): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}
