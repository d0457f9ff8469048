import { expect, test } from 'vitest';
import { type ProcedureType, procedures } from '../../src/contracts/procedures.ts';
import { monthReport } from '../../src/model/catalogue/month-report.ts';
import { planRetention } from '../../src/model/catalogue/plan-retention.ts';
import { aManifest, digest, setId } from '../support/builders.ts';
import { monthEvidence } from '../support/month-cases.ts';
import { anObservation } from '../support/retention-cases.ts';
import { planOf } from '../support/upgrade-cases.ts';
import { finished, speak } from './support.ts';

const instance = 'pharma';
const at = '2026-11-21T03:00:00.000Z';
const addresses = { app: 'http://127.0.0.1:8000' };
const vectors = { what: 'qdrant', outcome: 'done', store: 'vectors', collections: [], freedBytes: 1024, left: [] };
const missed = { job: 'backup', outcome: 'missed', dueAt: at, at, why: 'did not run' };
const objective = { of: 'graph', kind: 'recovery point', state: 'red', targetMs: 1, targetFrom: 'tier', reason: 'old' };
const schedule = { id: 'night/pharma/drill', change: 'create', words: 'on fridays at 04:17 UTC' };

/** A report of each procedure, without name and steps, and the words that an operator reads first. */
const reports: Record<ProcedureType, [report: object, words: string]> = {
  provision: [{ instance, host: 'h1', blueprint: 'osmose@1.0.0', addresses }, 'pharma serves osmose@1.0.0 on host h1'],
  backup: [
    { instance, set: setId, sizeBytes: 2048, barrierMs: 0, stores: [] },
    `set ${setId}: 2.0 KiB, writing went on`,
  ],
  restore: [
    { instance, set: setId, generation: 2, unavailableMs: 0, comparisons: [], addresses },
    `pharma serves set ${setId} (generation 2)`,
  ],
  upgrade: [
    {
      ...{
        instance,
        outcome: 'upgraded',
        plan: { ...planOf({}), hash: digest },
        decisions: [],
        migrated: [],
        notifications: [],
      },
      ...{ readOnlyMs: 0, unavailableMs: 0, addresses },
    },
    'pharma serves stack@2.0.0 (green, generation 1)',
  ],
  rollback: [
    { instance, blueprint: 'osmose@1.0.0', lost: [], unavailableMs: 0, addresses },
    'pharma serves osmose@1.0.0 again',
  ],
  verify: [{ instance, checks: [{ what: 'app', ok: true, seen: '200' }], stores: [] }, 'pharma is as it must be'],
  drill: [
    {
      ...{ instance, host: 'h1', set: setId, sizeBytes: 2048, recoveryMs: 75_000, comparisons: [], checks: [] },
      ...{ removed: [], evidence: { key: 'evidence/0001.json', sha256: digest } },
    },
    `set ${setId} of pharma comes up on host h1: 2.0 KiB in 1 min 15 s`,
  ],
  cleanup: [{ instance, ...vectors }, 'pharma: freed 1.0 KiB in vectors'],
  decommission: [
    { instance, setsKeptUntil: at, removed: [] },
    `pharma is removed; no last set was taken; its sets stay until ${at}`,
  ],
  retention: [
    {
      ...{ instance, outcome: 'done', removals: [], removedBytes: 0 },
      plan: { ...planRetention(anObservation(Date.parse(at))), hash: digest },
    },
    'pharma: sets stay for 7 d (tier standard)',
  ],
  readOnly: [{ instance, mode: 'read-only', writesLeft: 1 }, 'pharma is read-only; 1 write(s) were still in flight'],
  changeTier: [
    { instance, from: 'standard', tier: 'premium', schedules: [schedule], notes: [] },
    'pharma is premium; it was standard',
  ],
  hold: [
    { instance, hold: { reason: 'audit', since: at, until: at } },
    `the night jobs of pharma are held until ${at}: audit`,
  ],
  schedule: [{ outcome: 'applied', changes: [schedule] }, '1 schedules changed, 0 are as they should be'],
  nightJob: [{ instance, outcome: missed }, `backup of pharma, due ${at}: missed, did not run`],
  adopt: [
    { host: 'h1', adopted: [{ instance, settled: ['writes are served again'] }], known: [] },
    'pharma is known again, and serves as it should',
  ],
  watchman: [{ overlooked: [{ instance, outcome: missed }], problems: [] }, `backup of pharma, due ${at}, did not run`],
  sets: [{ instance, lives: [], sets: [] }, 'pharma has no recovery set'],
  set: [{ manifest: aManifest() }, `set         ${setId}`],
  objectives: [{ instance, at, objectives: [objective], notes: [] }, 'red     graph, recovery point: old'],
  report: [monthReport(monthEvidence()), '# pharma, 2026-11'],
  blueprints: [{ blueprints: ['osmose@1.0.0'] }, 'osmose@1.0.0'],
  blueprint: [{ blueprint: 'osmose@1.0.0', digest, outcome: 'pushed' }, `osmose@1.0.0 is stored (digest ${digest})`],
  retireGeneration: [{ instance, generation: 1, removed: ['a volume'] }, 'generation 1 of pharma is removed'],
  retireRelease: [
    { instance, colour: 'blue', removed: [] },
    'nothing of release blue of pharma was removed: it serves, is kept for longer, or is gone',
  ],
  settle: [{ instance, done: ['writes are served again'] }, 'pharma is in order again'],
};

test.each(procedures.map(({ type, report }) => [type, report] as const))(
  'watch says in words what a finished %s reports',
  async (type, schema) => {
    const [body, words] = reports[type];
    const report = schema.parse({ procedure: type, ...body, steps: [] });
    const { out, exitCode } = await speak(['watch', 'a-run'], finished(report));
    expect(exitCode).toBe(0);
    expect(out.split('\n', 1)[0]).toContain(words);
    expect(out).not.toMatch(/"\w+": ?[["{\d]/); // no field in the notation of JSON
  },
);

test('watch says of an entity that ended only that', async () => {
  const { out } = await speak(['watch', 'instance/pharma'], finished(undefined));
  expect(out).toBe('the run has ended and has no report');
});
