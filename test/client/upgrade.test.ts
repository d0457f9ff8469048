import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { describeInstance } from '../../src/client/commands/status.ts';
import { ProgressView } from '../../src/client/progress-view.ts';
import { describePlan } from '../../src/client/upgrade-plan.ts';
import { describeRollback, describeUpgrade } from '../../src/client/words/upgrade.ts';
import type { ApprovalAnswer } from '../../src/contracts/approval.ts';
import { RollbackReport, UpgradePlan, UpgradeReport } from '../../src/contracts/upgrade.ts';
import { DrydockError } from '../../src/errors.ts';
import { someFacts } from '../support/builders.ts';
import { finished, speak } from './support.ts';

const hash = 'a'.repeat(64);
const digest = 'd'.repeat(64);

const beside = {
  instance: 'pharma',
  host: 'h1',
  project: 'drydock-pharma_serving',
  from: { ref: 'osmose@1.0.0', digest, colour: 'blue', generation: 1 },
  to: { ref: 'osmose@2.0.0', digest, colour: 'green', generation: 1 },
  way: 'beside',
  images: [{ service: 'app', from: 'osmose-app:1', to: 'osmose-app:2' }],
  services: { added: ['reporter'], removed: [] },
  variables: {
    added: ['REPORT_HOUR', 'REPORT_KEY', 'MAIL_PASSWORD'],
    removed: ['OLD'],
    changed: [],
    values: { REPORT_HOUR: '4' },
    generate: ['REPORT_KEY'],
    secretFiles: { MAIL_PASSWORD: 'mail' },
  },
  config: { added: ['config/report.yaml'], kept: ['config/app.yaml'] },
  stores: [],
  edge: 'reloaded',
  migrations: [
    { name: 'index', since: '2.0.0', compatible: true, cypher: 'migrations/index.cypher', store: 'graph' },
    { name: 'fill', since: '2.0.0', compatible: false, command: ['python3', 'fill.py'], service: 'app' },
  ],
  readOnly: { needed: 'for-migrations', expectedMs: 12_000 },
  safetySet: { kind: 'recent', maxAgeHours: 24 },
  approvals: 1,
  window: 'sun 02:00-06:00 UTC',
  expectedMs: 840_000,
  soakMinutes: 10,
  watch: { errorRate: 0.02, latencyFactor: 3, latencyFloorMs: 250, minimumRequests: 20 },
  onFailure: [{ phase: 'migrations', what: 'green is removed; blue never stopped serving' }],
  observed: digest,
  hash,
} satisfies z.input<typeof UpgradePlan>;

function reportOf(fields: Partial<z.input<typeof UpgradeReport>> = {}): UpgradeReport {
  return UpgradeReport.parse({
    procedure: 'upgrade',
    instance: 'pharma',
    outcome: 'upgraded',
    plan: beside,
    decisions: [],
    migrated: [],
    readOnlyMs: 0,
    unavailableMs: 0,
    notifications: [],
    addresses: {},
    steps: [],
    ...fields,
  });
}

describe('upgrade asks for exactly what its options say', () => {
  it.each<[line: string, verb: string, options: object]>([
    ['upgrade pharma --to osmose@2.0.0', 'upgrade', { to: 'osmose@2.0.0' }],
    [
      `upgrade pharma --to osmose@2.0.0 --plan ${hash} --window now --approval-hours 2 --safety-set fresh --soak 0 --grace-hours 48 --set A=1 --set B=secret:b --force known --wait-minutes 5`,
      'upgrade',
      {
        ...{ to: 'osmose@2.0.0', approvedPlan: hash, approvedBy: userInfo().username, window: 'now' },
        ...{ approvalHours: 2, safetySet: 'fresh', soakMinutes: 0, graceHours: 48, waitMinutes: 5, force: 'known' },
        variables: { A: '1', B: 'secret:b' },
      },
    ],
    ['upgrade pharma --to osmose@2.0.0 --plan-only', 'upgrade', { to: 'osmose@2.0.0', planOnly: true }],
    ['upgrade pharma --back', 'rollback', {}],
    [
      'upgrade pharma --back --confirm pharma --reason slow --wait-minutes 5',
      'rollback',
      { confirm: 'pharma', reason: 'slow', waitMinutes: 5 },
    ],
  ])('%s', async (line, verb, options) => {
    const { asked } = await speak([...line.split(' '), '--detach']);
    expect(asked).toEqual([{ [verb]: { instance: 'pharma', ...options } }]);
  });

  it.each([
    ['upgrade pharma'],
    ['upgrade pharma --back --to osmose@2.0.0'],
    ['upgrade pharma --back --window now'],
    ['upgrade pharma --to osmose@2.0.0 --confirm pharma'],
    ['upgrade pharma --to osmose@2.0.0 --safety-set old'],
    ['approve pharma'],
  ])('and refuses “%s” with exit code 2, without asking for anything', async (line) => {
    expect(await speak(line.split(' '))).toMatchObject({ exitCode: 2, asked: [] });
  });
});

describe('a decision', () => {
  const answering = (answer: ApprovalAnswer) => answer as never;

  it.each(['approve', 'reject'])('by %s carries plan, name and comment', async (verb) => {
    const args = [verb, 'pharma', '--plan', hash, '--by', 'alice', '--comment', 'looked at it'];
    const { asked } = await speak(args, answering({ decision: 'approved', approvals: 1, needed: 1 }));
    expect(asked).toEqual([{ [verb]: ['pharma', { plan: hash, by: 'alice', comment: 'looked at it' }] }]);
  });

  it('is by the caller, on whichever machine, unless another is named', async () => {
    const answer = answering({ decision: 'approved', approvals: 1, needed: 1 });
    const { asked } = await speak(['approve', 'pharma', '--plan', hash], answer);
    expect(asked).toEqual([{ approve: ['pharma', { plan: hash, by: userInfo().username }] }]);
  });

  it('says how many are missing', async () => {
    const answer = answering({ decision: 'approved', approvals: 1, needed: 2 });
    const { out } = await speak(['approve', 'pharma', '--plan', hash, '--by', 'alice'], answer);
    expect(out).toBe('the upgrade of pharma is approved by alice; 1 more must approve it');
  });

  it('is JSON when asked', async () => {
    const answer = { decision: 'rejected', approvals: 0, needed: 1 } as const;
    const { out } = await speak(['reject', 'pharma', '--plan', hash, '--json'], answering(answer));
    expect(JSON.parse(out)).toEqual({ outcome: 'done', result: answer });
  });

  it('that is refused ends with the words and the exit code of the upgrade', async () => {
    const connect = () => Promise.reject(new DrydockError('refused', 'approve: the plan is another one by now'));
    const { exitCode, notes } = await speak(['approve', 'pharma', '--plan', hash], undefined, { connect });
    expect(exitCode).toBe(4);
    expect(notes).toBe('drydock: approve: the plan is another one by now');
  });
});

describe('the plan as it is printed', () => {
  const lines = describePlan(UpgradePlan.parse(beside)).split('\n');
  const line = (start: string) => lines.find((candidate) => candidate.startsWith(start));

  it.each([
    ['pharma on host h1', 'pharma on host h1: osmose@1.0.0 → osmose@2.0.0'],
    ['way', 'way         beside: green comes up on the serving stores, and traffic moves without a gap'],
    [
      'begins',
      'begins      in the window sun 02:00-06:00 UTC, once the plan is approved; takes up to 14 min 0 s with the watch',
    ],
    ['read-only', 'read-only   while migrations run; 12 s the last time'],
    ['safety set', 'safety set  the newest set if it is younger than 24 h, else a new set'],
    [
      'watch',
      'watch       10 min; goes back by itself at 2 % more errors than before, or answers 3 times as slow and over 250 ms',
    ],
    ['colour', 'colour      blue → green, generation 1'],
    ['image of app', expect.stringMatching(/osmose-app:1 +osmose-app:2$/)],
    ['service reporter', expect.stringMatching(/added$/)],
    ['variable REPORT_HOUR', expect.stringMatching(/ 4$/)],
    ['variable REPORT_KEY', expect.stringMatching(/a secret that the host makes$/)],
    ['variable MAIL_PASSWORD', expect.stringMatching(/the file mail of the host's secrets directory$/)],
    ['config/app.yaml', expect.stringMatching(/stays as the client has it$/)],
    ['index', expect.stringMatching(/^index +2\.0\.0 +works on with it +migrations\/index\.cypher in graph$/)],
    ['fill', expect.stringMatching(/^fill +2\.0\.0 +does not +python3 fill\.py in a container of app$/)],
    ['migrations', expect.stringMatching(/green is removed; blue never stopped serving$/)],
    ['plan', `plan ${hash}`],
  ])('says %s', (start, expected) => {
    expect(line(start)).toEqual(expected);
  });

  it('says what a copy costs', () => {
    const to = { ...beside.to, generation: 2 };
    const readOnly = { needed: 'for-the-copy' } as const;
    const safetySet = { kind: 'fresh', maxAgeHours: 24 } as const;
    const text = describePlan(UpgradePlan.parse({ ...beside, way: 'on-copy', to, readOnly, safetySet }));
    expect(text).toContain(
      'generation 2 is made from the safety set; unavailable while both generations are exchanged',
    );
    expect(text).toContain('read-only   from the safety set until the copy serves\nsafety set  a new set\n');
  });

  it('ends with the command that starts and approves it, with the options that make the same plan', async () => {
    const planned = finished(reportOf({ outcome: 'planned' }));
    const window = ['--window', 'sat 01:00-03:00 UTC', '--set', "NOTE=it's late"];
    const { out } = await speak(['upgrade', 'pharma', '--to', 'osmose@2.0.0', '--plan-only', ...window], planned);
    const last = out.split('\n').at(-1);
    expect(last).toBe(
      `→ start and approve it: drydock upgrade pharma --to osmose@2.0.0 --plan ${hash} ` +
        `--window 'sat 01:00-03:00 UTC' --set 'NOTE=it'\\''s late'`,
    );
  });
});

describe('the report as it is printed', () => {
  it('of an upgrade says who approved, what it cost and how to go back', () => {
    const traffic = { requests: 120, errors: 1, averageMs: 12.34, seconds: 60 };
    const report = reportOf({
      decisions: [
        {
          decision: 'approved',
          plan: hash,
          by: 'alice',
          comment: 'fine',
          at: '2026-11-22T01:00:00.000Z',
          through: 'signal',
        },
        { decision: 'approved', plan: hash, by: 'request', at: '2026-11-22T01:00:00.000Z', through: 'request' },
      ],
      migrated: ['index'],
      readOnlyMs: 12_000,
      safetySet: '20261121T030000Z-1a2b3c4d',
      oldReleaseKeptUntil: '2026-11-23T03:00:00.000Z',
      traffic: { before: traffic, after: { ...traffic, errors: 0 } },
      notifications: [{ event: 'ended', at: '2026-11-22T02:30:00.000Z', outcome: 'failed', problem: 'status 500' }],
      addresses: { app: 'http://127.0.0.1:8000' },
    });
    expect(describeUpgrade(report).split('\n')).toEqual([
      'pharma serves osmose@2.0.0 (green, generation 1), read-only for 12 s',
      '  approved by alice at 2026-11-22T01:00:00.000Z (signal): fine',
      '  approved in advance by whoever started it, at 2026-11-22T01:00:00.000Z',
      '  migrated: index',
      '  before: 120 requests, 1 errors, 12.3 ms on average',
      '  after: 120 requests, 0 errors, 12.3 ms on average',
      '  what was there before is set 20261121T030000Z-1a2b3c4d',
      '  osmose@1.0.0 is kept until 2026-11-23T03:00:00.000Z; drydock upgrade pharma --back returns to it',
      '  nobody was told “ended”: status 500',
      '  app  http://127.0.0.1:8000',
    ]);
  });

  it('of going back says what was lost', () => {
    const report = RollbackReport.parse({
      procedure: 'rollback',
      instance: 'pharma',
      blueprint: 'osmose@1.0.0',
      lost: [
        { store: 'graph', equal: false, differences: ['3 nodes more'] },
        { store: 'queue', equal: true, differences: [] },
      ],
      unavailableMs: 4000,
      addresses: {},
      steps: [],
    });
    expect(describeRollback(report)).toBe(
      'pharma serves osmose@1.0.0 again, unavailable for 4.0 s\n' +
        '  graph: lost: 3 nodes more\n  queue: nothing was written since the upgrade',
    );
  });
});

describe('an upgrade that waits for approval', () => {
  const waitingFor = 'waits for approval until 2026-11-22 03:00:00 UTC';

  it('says what for and how to decide, once', () => {
    const view = new ProgressView();
    const progress = { procedure: 'upgrade', instance: 'pharma', phase: 'waiting' as const, steps: [] };
    const look = { steps: {}, progress: { ...progress, waitingFor, plan: hash } };
    const [line] = view.advance(look);
    expect(line?.text.split('\n').slice(0, 3)).toEqual([
      waitingFor,
      `  → yes: drydock approve pharma --plan ${hash}`,
      `  → no: drydock reject pharma --plan ${hash}`,
    ]);
    expect(view.advance(look)).toEqual([]);
    expect(view.current(look, 0)).toBe(waitingFor);
  });

  it('is shown by status, although it holds nothing', () => {
    const run = { workflowId: 'upgrade-pharma-1', procedure: 'upgrade', startedAt: '2026-11-21T03:00:00.000Z' };
    const text = describeInstance(
      { facts: someFacts(), waiting: [], nights: {}, running: [{ ...run, waitingFor, plan: hash }] },
      0,
    );
    expect(text).toContain(`open        upgrade since 2026-11-21T03:00:00.000Z (upgrade-pharma-1)\n`);
    expect(text).toContain(`            ${waitingFor}\n            → yes: drydock approve pharma --plan ${hash}`);
  });
});
