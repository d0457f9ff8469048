import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RollbackReport, UpgradeReport } from '../src/contracts/upgrade.ts';
import { eventsOf } from '../src/model/catalogue/step-events.ts';
import { writeRelease } from '../test/support/broken-releases.ts';
import { instanceClient } from '../test/support/instance-client.ts';
import { countLost, type Load, lostWrites } from '../test/support/load.ts';
import { calmClients, underLoad } from './clients.ts';
import { run, say } from './command.ts';
import { type Figure, seconds } from './figures.ts';
import { type Instance, newInstance, provision } from './instance.ts';
import { drydock, type Plane } from './plane.ts';

/** What clients felt of a switch is looked for this long before and after it. */
const aroundMs = 15_000;

/**
 * Upgrades and ways back under load: how many requests failed, how many acknowledged writes are missing in any store
 * afterwards, and how slow the slowest hundredth became.
 */
export async function measureUpgrades(
  plane: Plane,
  requests: number,
  made: (one: Instance) => void,
): Promise<Figure[]> {
  const below = await mkdtemp(join(tmpdir(), 'drydock-releases-'));
  try {
    const next = await writeRelease('none', below, '1.0.0');
    const released = ['2.0.0', '3.0.0'].map((version) => join(plane.root, 'blueprints', `osmose-${version}`));
    for (const directory of [next.directory, ...released]) {
      await run(join(plane.root, 'drydock'), ['blueprint', 'push', directory], { env: { DRYDOCK_HOME: plane.home } });
    }
    const instance = newInstance(plane);
    made(instance);
    await provision(plane, instance);
    await drydock(plane, 'backup', instance.name); // the safety set, so that none is made under load
    const measure = (name: string, act: () => Promise<Seen>) => whileClientsAsk(plane, instance, requests, name, act);
    return [
      await measure('Upgrade without migrations', () => upgrade(plane, instance, next.ref)),
      await measure('Way back', () => goBack(plane, instance)),
      await measure('Upgrade with compatible migrations', () => upgrade(plane, instance, 'osmose@2.0.0')),
      await measure('Upgrade on a copy', () => upgrade(plane, instance, 'osmose@3.0.0')),
    ];
  } finally {
    await rm(below, { recursive: true, force: true });
  }
}

/** When traffic moved, how long writing was off, and how long the edge was closed. */
interface Seen {
  switchedAt: number;
  readOnlyMs: number;
  unavailableMs: number;
  command: string;
}

async function upgrade(plane: Plane, { name }: Instance, to: string): Promise<Seen> {
  const options = ['upgrade', name, '--to', to, '--window', 'now', '--soak', '1'];
  const { plan } = await drydock<UpgradeReport>(plane, ...options, '--plan-only');
  const report = await drydock<UpgradeReport>(plane, ...options, '--plan', plan.hash);
  const { switchedAt = '', readOnlyMs, unavailableMs } = report;
  const command = `drydock upgrade NAME --to ${to}`;
  return { switchedAt: Date.parse(switchedAt), readOnlyMs, unavailableMs, command };
}

async function goBack(plane: Plane, { name }: Instance): Promise<Seen> {
  const { steps } = await drydock<RollbackReport>(plane, 'upgrade', name, '--back');
  const moved = eventsOf(steps).find(({ kind }) => kind === 'traffic-moved');
  const command = 'drydock upgrade NAME --back';
  return { switchedAt: Date.parse(moved?.at ?? ''), readOnlyMs: 0, unavailableMs: 0, command };
}

async function whileClientsAsk(
  plane: Plane,
  instance: Instance,
  requests: number,
  name: string,
  act: () => Promise<Seen>,
): Promise<Figure> {
  const clients = await calmClients(plane, instance);
  try {
    const began = Date.now();
    const seen = await act();
    await clients.reached(requests);
    await clients.stop();
    const { acknowledged } = clients;
    const client = await instanceClient(join(plane.home, 'instances'), instance.name);
    const lost = countLost(await lostWrites(client, acknowledged));
    say(`${name}: ${lost} of ${acknowledged.length} acknowledged writes are missing`);
    return figure(name, clients, began, lost, seen);
  } finally {
    await clients.stop();
  }
}

function figure(name: string, { log, acknowledged }: Load, began: number, lost: number, seen: Seen): Figure {
  const { switchedAt, readOnlyMs, unavailableMs, command } = seen;
  const around = { from: switchedAt - aroundMs, to: switchedAt + aroundMs };
  const [usual, during] = [log.percentile(0.99, { to: began }), log.percentile(0.99, around)];
  const counts = log.counts();
  const { total, failed, closed, refused } = counts;
  const p99 = `${usual.toFixed(0)} → ${during.toFixed(0)} ms`;
  say(`${name}: ${total} requests, ${failed + closed} failed, ${refused} told to wait, p99 ${p99}`);
  const waiting = readOnlyMs === 0 ? '' : `; ${refused} writes told to wait in ${seconds(readOnlyMs)} of read-only`;
  const away = unavailableMs === 0 ? '' : `, closed for ${seconds(unavailableMs)} and Neo4j stopped for its copy`;
  const kept = `${lost} of ${acknowledged.length} acknowledged writes lost`;
  // On a copy: Neo4j Community cannot be dumped while it runs, and the edge is closed while the data is exchanged.
  const noneFailed = unavailableMs > 0 || (failed + closed === 0 && (readOnlyMs > 0 || refused === 0));
  return {
    name: `${name}: requests that failed; acknowledged writes lost; p99 within ${aroundMs / 1000} s of the switch`,
    drydock: `${failed + closed} of ${total}${away}${waiting}; ${kept}; ${during.toFixed(0)} ms`,
    byHand: `${usual.toFixed(0)} ms with nothing going on`,
    ratio: (during / usual).toFixed(2),
    goal: unavailableMs > 0 ? '0 lost' : '0 failed, 0 lost',
    met: lost === 0 && noneFailed,
    command: underLoad(command),
    raw: { counts, problems: log.problems(), lost, acknowledged: acknowledged.length, p99: { usual, during }, ...seen },
  };
}
