import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StepRecord } from '../../src/contracts/progress.ts';
import { inProcess } from '../support/in-process.ts';
import { type GoodRun, realRuns, recipients, releaseRuns } from '../support/procedure-cases.ts';
import { type Carrier, startRealTime } from '../support/temporal.ts';
import { type Application, startApplication } from '../support/world-application.ts';
import { endOf, makeSeeds } from '../support/world-runs.ts';
import { backup } from './fixtures/upgrades.ts';

/** Where runs are carried, with the real backup and with one that stands for it. */
interface Place {
  readonly own: Carrier;
  readonly upgrades: Carrier;
}

const memory: Place = {
  own: inProcess(),
  upgrades: inProcess({ backup: (_, request) => backup(request as { instance: string }) }),
};
let server: Place;
let application: Application;
let runs: (GoodRun & { name: string; on: keyof Place })[];

beforeAll(async () => {
  const upgrades = new URL('./fixtures/upgrades.ts', import.meta.url);
  const [own, standIn, served] = await Promise.all([startRealTime(), startRealTime(upgrades), startApplication()]);
  server = { own, upgrades: standIn };
  application = served;
  const seeds = await makeSeeds(memory.own, application, ['graph', 'vectors', 'files'], { recipients });
  runs = [
    ...Object.entries(realRuns(application, seeds)).map(([name, run]) => ({ ...run, name, on: 'own' as const })),
    ...Object.entries(releaseRuns).map(([name, run]) => ({ ...run, name, on: 'upgrades' as const })),
  ];
}, 180_000);
afterAll(() => Promise.all([server?.own.close(), server?.upgrades.close(), application?.close()]));

/** Some of their steps run side by side, and are written down as they happen to begin. */
const sideBySide = new Set(['backup', 'restore', 'drill', 'upgrade']);

async function recordsOn(place: Place, { workflow, input, world, on }: (typeof runs)[number]): Promise<unknown> {
  const { result, failure, leases } = await endOf<{ steps: StepRecord[] }>(place[on], world(), workflow, input);
  const plain = (name: string) => name.replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{8}/g, 'SET');
  const steps = result.steps?.map(({ name, state }) => `${state}: ${plain(name)}`);
  const journal = leases.journal.map(({ procedure, outcome, leftBehind }) => ({ procedure, outcome, leftBehind }));
  const ordered = sideBySide.has(workflow) ? steps?.toSorted() : steps;
  return { failure: failure?.message, steps: ordered, journal };
}

test('every procedure writes down the same steps in memory and on a server', async () => {
  for (const run of runs) {
    const [here, there] = [await recordsOn(memory, run), await recordsOn(server, run)];
    expect(here, run.name).toMatchObject({ failure: undefined });
    expect(there, run.name).toEqual(here);
  }
}, 600_000);
