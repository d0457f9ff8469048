import { UpgradePlan } from '../../src/contracts/upgrade.ts';
import { DrydockError } from '../../src/errors.ts';
import { aManifest, aRestorePlan, digest } from './builders.ts';
import type { World } from './procedure-checks.ts';
import { settlingSteps } from './settling.ts';
import type { Activities } from './temporal.ts';

type Colour = 'blue' | 'green';
interface Release {
  running: boolean;
  writers: boolean;
}

/** One instance as upgrades see it, and the steps that change it: releases, edge, generations, read-only holds. */
export interface ReleaseWorld extends World {
  readonly state: State;
  /** The steps of the host, which a test may replace. */
  readonly h1: Activities;
  readonly control: Activities;
  readonly told: { event: string; text: string }[];
  readonly migrated: string[];
  readonly plan: UpgradePlan;
}

interface State {
  record: { colour: Colour; generation: number; previous?: { colour: Colour; keepUntil: string } };
  releases: Partial<Record<Colour, Release>>;
  edge: { colour: Colour; mode: 'open' | 'read-only' | 'maintenance' };
  holds: string[];
  generations: Record<number, 'serving' | 'stopped' | 'built'>;
  staging: boolean;
}

export interface ReleaseChoices {
  way?: UpgradePlan['way'];
  plan?: object;
  /** The world after an upgrade: green serves, and blue is kept. */
  upgraded?: boolean;
  recentSet?: string;
}

/** Until when an upgraded world keeps blue. */
export const keptUntil = '2026-11-22T03:00:00.000Z';

export const planHash = 'cd'.repeat(32);

export function anUpgradePlan(changes: object = {}): UpgradePlan {
  return UpgradePlan.parse({
    instance: 'pharma',
    host: 'h1',
    project: 'drydock-pharma_serving',
    from: { ref: 'stack@1.0.0', digest, colour: 'blue', generation: 1 },
    to: { ref: 'stack@2.0.0', digest: 'ef'.repeat(32), colour: 'green', generation: 1 },
    way: 'beside',
    images: [{ service: 'app', from: 'stack-app:1.0.0', to: 'stack-app:2.0.0' }],
    services: { added: [], removed: [] },
    variables: { added: [], removed: [], changed: [], values: {}, generate: [], secretFiles: {} },
    config: { added: [], kept: [] },
    stores: [],
    edge: 'unchanged',
    migrations: [
      { name: 'slugs', since: '2.0.0', compatible: true, cypher: 'migrations/slugs.cypher', store: 'graph' },
      { name: 'fill', since: '2.0.0', compatible: true, command: ['python', '-m', 'fill'], service: 'app' },
    ],
    readOnly: { needed: 'for-migrations', expectedMs: 43_000 },
    safetySet: { kind: 'recent', maxAgeHours: 24 },
    approvals: 1,
    window: 'now',
    expectedMs: 20 * 60_000,
    soakMinutes: 10,
    watch: { errorRate: 0.02, latencyFactor: 3, latencyFloorMs: 250, minimumRequests: 20 },
    onFailure: [{ phase: 'before the switch', what: 'green is removed; blue never stopped serving' }],
    observed: digest,
    hash: planHash,
    ...changes,
  });
}

const onCopy = {
  way: 'on-copy',
  to: { ref: 'stack@3.0.0', digest: 'ef'.repeat(32), colour: 'green', generation: 2 },
  readOnly: { needed: 'for-the-copy' },
  safetySet: { kind: 'fresh', maxAgeHours: 0 },
};

export function createReleaseWorld(choices: ReleaseChoices = {}): ReleaseWorld {
  const { way = 'beside', upgraded = false, recentSet = '20261121T030000Z-00000001' } = choices;
  const plan = anUpgradePlan({ ...(way === 'on-copy' ? onCopy : {}), ...choices.plan });
  const state = upgraded ? afterUpgrade(plan) : beforeUpgrade();
  const told: ReleaseWorld['told'] = [];
  const migrated: string[] = [];
  const control: Activities = {
    upgradeHistory: async () => ({ readOnlyMs: 43_000 }),
    recentSet: async () => ({ set: recentSet }),
    readManifest: async () => aManifest(),
    planSchedules: async () => ({ changes: [] }),
    applySchedules: async () => undefined,
    notify: async ({ event, text }) => {
      told.push({ event, text });
      return { event, at: new Date().toISOString(), outcome: 'sent' };
    },
  };
  const h1: Activities = {
    planUpgrade: async () => plan,
    checkUnchanged: async () => {},
    planCopy: async () => aRestorePlan({ stores: ['graph'], purpose: { kind: 'copy', release: 'green' } }),
    planRollback: async () => wayBack(plan),
    migrate: async ({ migration }) => {
      migrated.push(migration.name);
      return { outcome: 'done' };
    },
    ...releaseSteps(state),
    ...servingSteps(state),
    ...generationSteps(state),
  };
  return { state, h1, control, hosts: { h1 }, told, migrated, plan, snapshot: () => withoutTimes(state) };
}

function withoutTimes(state: State): unknown {
  const { previous, ...record } = state.record;
  return { ...state, record: { ...record, previous: previous?.colour } };
}

function beforeUpgrade(): State {
  return {
    record: { colour: 'blue', generation: 1 },
    releases: { blue: { running: true, writers: true } },
    edge: { colour: 'blue', mode: 'open' },
    holds: [],
    generations: { 1: 'serving' },
    staging: false,
  };
}

function afterUpgrade({ to }: UpgradePlan): State {
  return {
    record: {
      colour: 'green',
      generation: to.generation,
      previous: { colour: 'blue', keepUntil: keptUntil },
    },
    releases: { blue: { running: false, writers: false }, green: { running: true, writers: true } },
    edge: { colour: 'green', mode: 'open' },
    holds: [],
    generations: to.generation === 1 ? { 1: 'serving' } : { 1: 'stopped', 2: 'serving' },
    staging: false,
  };
}

function wayBack({ instance, way, from, to }: UpgradePlan): object {
  return { instance, way, from: to, to: from, keptUntil, hash: digest };
}

const at = () => ({ at: new Date().toISOString() });

/** Steps on one colour. */
function releaseSteps(state: State): Activities {
  const release = (colour: Colour): Release => {
    const found = state.releases[colour];
    if (found === undefined) throw new DrydockError('not-found', `there is no ${colour} release`);
    return found;
  };
  const refuseServing = (colour: Colour) => {
    if (state.record.colour === colour) throw new DrydockError('refused', `${colour} is the one that serves`);
  };
  return {
    prepareRelease: async ({ plan }) => {
      refuseServing(plan.to.colour);
      state.releases[plan.to.colour as Colour] ??= { running: false, writers: false };
    },
    startRelease: async ({ plan }) => void Object.assign(release(plan.to.colour), { running: true }),
    smokeRelease: async ({ plan }) => {
      if (!release(plan.to.colour).running) throw new DrydockError('unhealthy', `${plan.to.colour} does not answer`);
    },
    stopRelease: async ({ colour }) => {
      refuseServing(colour);
      Object.assign(release(colour), { running: false, writers: false });
    },
    removeRelease: async ({ colour, keptUntil }) => {
      const { previous } = state.record;
      if (keptUntil !== undefined && !(previous?.colour === colour && previous?.keepUntil === keptUntil)) return [];
      refuseServing(colour);
      const there = state.releases[colour as Colour] !== undefined;
      delete state.releases[colour as Colour];
      if (keptUntil !== undefined) delete state.record.previous;
      return there ? [`app-${colour}`] : [];
    },
    stopWriters: async ({ colour }) => void Object.assign(release(colour), { writers: false }),
    routeTo: async ({ colour }) => {
      if (!release(colour).running) throw new DrydockError('unhealthy', `route to ${colour}: it does not run`);
      state.edge.colour = colour;
      return at();
    },
    drainRelease: async ({ colour }) => {
      if (state.edge.colour === colour) throw new DrydockError('refused', `the edge points at ${colour}`);
      return { left: 0 };
    },
    exchangeRelease: async ({ colour, insteadOf, keepUntil }) => {
      release(colour);
      state.record.colour = colour;
      if (keepUntil === undefined) delete state.record.previous;
      else state.record.previous = { colour: insteadOf, keepUntil };
    },
    measureTraffic: async ({ seconds }) => ({ requests: 100, errors: 0, averageMs: 5, seconds }),
    watchRelease: async () => ({ requests: 100, errors: 0, averageMs: 6, seconds: 600 }),
  };
}

/** Steps on the serving stores and the edge. */
function servingSteps(state: State): Activities {
  const serve = () => {
    const writers = state.holds.length === 0;
    state.releases[state.record.colour] = { running: true, writers };
    state.generations[state.record.generation] = 'serving';
    const writing = Object.values(state.releases).filter((release) => release.writers);
    if (writing.length > 1) throw new DrydockError('internal', 'writers of two colours run');
  };
  return {
    holdReadOnly: async ({ by }) => {
      if (!state.holds.includes(by)) state.holds.push(by);
      state.edge.mode = 'read-only';
      const serving = state.releases[state.record.colour];
      if (serving !== undefined) serving.writers = false;
      return { ...at(), writesLeft: 0 };
    },
    releaseReadOnly: async ({ by }) => {
      state.holds = state.holds.filter((hold) => hold !== by);
      if (state.holds.length > 0) return at();
      state.edge.mode = 'open';
      serve();
      return at();
    },
    startServing: async () => {
      serve();
      state.edge.colour = state.record.colour;
    },
    stopServing: async () => {
      state.releases[state.record.colour] = { running: false, writers: false };
      state.generations[state.record.generation] = 'stopped';
      return at();
    },
    closeEdge: async () => {
      state.edge.mode = 'maintenance';
      return at();
    },
    admitReads: async () => {
      state.edge.mode = 'read-only';
      return { ...at(), generation: state.record.generation };
    },
    openEdge: async () => {
      state.edge.mode = state.holds.length > 0 ? 'read-only' : 'open';
      return { ...at(), generation: state.record.generation };
    },
    smoke: async () => {},
    verifyInstance: async () => ({ checks: [], stores: [] }),
    addresses: async () => ({ app: 'http://127.0.0.1:8000' }),
    ...settlingSteps(async ({ dead }) => {
      const held = state.holds.filter((hold) => dead.includes(hold));
      state.holds = state.holds.filter((hold) => !held.includes(hold));
      return held.map((hold) => `lifted the read-only hold of ${hold}`);
    }),
    startMissing: async () => {
      serve();
      return [];
    },
    settleEdge: async () => {
      state.edge = { colour: state.record.colour, mode: state.holds.length > 0 ? 'read-only' : 'open' };
      return [];
    },
    readFacts: async () => ({ mode: state.holds.length > 0 ? 'read-only' : 'open' }),
  };
}

/** Steps on generations. */
function generationSteps(state: State): Activities {
  const nothing = async () => {};
  return {
    fetchArtifacts: async () => void Object.assign(state, { staging: true }),
    discardStaging: async () => void Object.assign(state, { staging: false }),
    checkStore: nothing,
    createGeneration: async ({ plan }) => void Object.assign(state.generations, { [plan.toGeneration]: 'built' }),
    loadStore: nothing,
    startGeneration: nothing,
    startBuiltStore: nothing,
    loadRunningStore: nothing,
    compareStore: async ({ store }) => ({ store, equal: true, differences: [] }),
    verifyGeneration: nothing,
    stopGeneration: nothing,
    startReleaseOnCopy: nothing,
    smokeReleaseOnCopy: nothing,
    noteContents: nothing,
    countWritten: async () => [
      { store: 'graph', equal: false, differences: ['nodes: 10 then, 12 now'] },
      { store: 'files', equal: true, differences: [] },
    ],
    exchangeGeneration: async ({ generation }) => void Object.assign(state.record, { generation }),
    removeGeneration: async ({ generation }) => {
      if (state.record.generation === generation) throw new DrydockError('refused', 'this generation serves');
      delete state.generations[generation];
      return [];
    },
  };
}

/** Steps of the host in order, with the colour or generation they are about. */
export function recorded(world: ReleaseWorld): string[] {
  const calls: string[] = [];
  for (const steps of [world.h1, world.control]) {
    for (const [name, run] of Object.entries(steps)) {
      steps[name] = async (given) => {
        const subject = given?.migration?.name ?? given?.colour ?? given?.generation ?? given?.event ?? '';
        calls.push(`${name} ${subject}`.trim());
        return run(given);
      };
    }
  }
  return calls;
}
