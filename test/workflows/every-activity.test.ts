import { isDeepStrictEqual as isEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inProcess } from '../support/in-process.ts';
import { type GoodRun, publishNext, realRuns, realUpgrade, recipients } from '../support/procedure-cases.ts';
import { rehearse } from '../support/procedure-checks.ts';
import { type Application, startApplication } from '../support/world-application.ts';
import { createWorld, type Seed } from '../support/world-in-memory.ts';
import { endOf, makeSeeds, resultOf } from '../support/world-runs.ts';

const temporal = inProcess();
const stores = ['graph', 'vectors', 'files'] as const;
let application: Application;
let runs: Record<string, GoodRun>;
let known: string[];

beforeAll(async () => {
  application = await startApplication();
  const seeds = await makeSeeds(temporal, application, [...stores], { recipients });
  const { host, catalogue } = createWorld({ application });
  known = [...Object.keys(host), ...Object.keys(catalogue)];
  runs = { ...(await realRuns(application, seeds)), ...(await upgrades(seeds.serving)) };
});
afterAll(() => application?.close());

/** Upgrades over the real steps, and the ways back from them. */
async function upgrades(seed: Seed): Promise<Record<string, GoodRun>> {
  const ready = async (migrations: 'compatible' | 'incompatible') => {
    const world = createWorld({ application, seed, recipients });
    const to = await publishNext(world, application.port, migrations);
    const before = await world.freeze();
    const open = (from: Seed) => () => realUpgrade(createWorld({ application, seed: from, recipients }));
    const input = { instance: 'pharma', to };
    const begun = open(before)();
    await resultOf(temporal, begun, 'upgrade', input);
    const upgraded = await begun.freeze();
    return {
      upgrade: { workflow: 'upgrade', input, world: open(before), pointOfNoReturn: 'watchRelease' },
      rollback: { workflow: 'rollback', input: { instance: 'pharma', confirm: 'pharma' }, world: open(upgraded) },
    };
  };
  const [beside, onCopy] = [await ready('compatible'), await ready('incompatible')];
  return {
    ...{ upgradeBeside: beside.upgrade, rollbackBeside: beside.rollback },
    ...{ upgradeOnCopy: onCopy.upgrade, rollbackOnCopy: onCopy.rollback },
  };
}

/** Messages to entities, which exist on a server only: the tests of entities send each message twice. */
const toEntities = [
  ...['requestLease', 'registerInstance', 'adoptInstance', 'withdrawRequest', 'releaseLease', 'describeClaimant'],
  ...['requestTurn', 'withdrawTurn', 'releaseTurn', 'observeNight', 'recordNight', 'setHold', 'nightInstances'],
  ...['lookAfterNights', 'writeJournal', 'computeObjectives'],
];

/** An upgrade that was undone keeps its safety set, and the migrations that the old release can live with. */
function withoutKept(world: unknown): unknown {
  const { objects: _, files, ...rest } = world as { objects: object; files: object };
  return { ...rest, files: Object.entries(files).filter(([path]) => !path.includes('/.drydock/migrations/')) };
}

const isUpgrade = ({ workflow }: GoodRun) => workflow === 'upgrade';

const seen = new Set<string>();

describe('a procedure whose every activity runs twice', () => {
  test('leaves the world as one whose activities ran once', async () => {
    const problems: string[] = [];
    for (const [name, run] of Object.entries(runs)) {
      const checked = { ...run, temporal };
      const [once, twice] = [await rehearse(checked), await rehearse(checked, { repeat: 'all' })];
      for (const { outcome, error } of [once, twice]) if (outcome !== 'done') problems.push(`${name}: ${error}`);
      if (!isEqual(twice.after, once.after)) problems.push(name);
      const last = once.steps.findLast(({ activity }) => activity === run.pointOfNoReturn)?.key;
      const undone = await rehearse(checked, { repeat: 'all', at: last ?? '', mishap: 'fail after' });
      const [before, after] = [undone.before, undone.after].map((world) =>
        isUpgrade(run) ? withoutKept(world) : world,
      );
      if (last !== undefined && !isEqual(after, before)) problems.push(`${name} undone: ${undone.error}`);
      for (const activity of [...twice.ran, ...undone.ran]) seen.add(activity);
    }
    expect(problems).toEqual([]);
  });

  test('together they run every activity there is', () => {
    expect(known.filter((name) => !seen.has(name) && !toEntities.includes(name))).toEqual([]);
    expect(toEntities.filter((name) => !known.includes(name))).toEqual([]);
  });
});

test('every procedure refuses a field that it does not know, and changes nothing', async () => {
  for (const [name, { workflow, input, world: make }] of Object.entries(runs)) {
    const world = make();
    const before = world.snapshot();
    const { failure } = await endOf(temporal, world, workflow, { ...input, sett: 'x' });
    expect(failure?.message, name).toContain('sett: there is no such field');
    expect(failure?.type, name).toBe('invalid-input');
    expect(world.snapshot(), name).toEqual(before);
  }
});
