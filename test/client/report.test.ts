import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { askObjectives } from '../../src/client/objectives.ts';
import type { Operations } from '../../src/client/operations.ts';
import type { RunHandle } from '../../src/client/runs.ts';
import { describeMonth } from '../../src/client/words/month-report.ts';
import type { Objective, ObjectivesReport } from '../../src/contracts/objectives.ts';
import { DrydockError } from '../../src/errors.ts';
import { monthReport } from '../../src/model/catalogue/month-report.ts';
import { someFacts } from '../support/builders.ts';
import { anEntry, at, did, goodEntries, monthEvidence, setOf } from '../support/month-cases.ts';
import { failing, finished, speak } from './support.ts';

const facts = someFacts();
const promise = { of: 'graph', kind: 'recovery point', targetMs: 1, targetFrom: 'blueprint' } as const;
const objectives: Objective[] = [
  { ...promise, state: 'red', reason: 'the last verified set is 26 h old', next: 'drydock backup pharma' },
  { ...promise, of: 'app', kind: 'recovery time', state: 'green', reason: 'the instance would serve again in 10 min' },
];
const report: ObjectivesReport = {
  instance: facts.instance,
  at: at(21),
  objectives,
  notes: ['set X does not count'],
};

/** A control worker that never answers. */
function silent(seen: object = { steps: {} }): RunHandle<never> & { cancelled: boolean } {
  const run = {
    ...finished(undefined),
    cancelled: false,
    result: () => new Promise<never>(() => {}),
    observe: async () => seen as { steps: Record<string, never> },
    cancel: async () => {
      run.cancelled = true;
    },
  };
  return run;
}

function status(run: RunHandle<never>, args: string[] = [], changes: object = {}) {
  const operations = {
    instance: async () => ({ facts: { ...facts, ...changes }, waiting: [], nights: {} }),
    running: async () => [],
    schedules: async () => [],
    objectives: async () => run,
    close: async () => {},
  } as unknown as Operations;
  return speak(['status', 'pharma', ...args], undefined, { connect: async () => operations });
}

describe('status', () => {
  it('shows each objective with its colour as a word, the reason, and what to do', async () => {
    const { out, exitCode } = await status(finished(report));
    expect(exitCode).toBe(0);
    expect(out.split('\n').slice(-4)).toEqual([
      'objective   red     graph, recovery point: the last verified set is 26 h old',
      '                    → drydock backup pharma',
      'objective   green   app, recovery time: the instance would serve again in 10 min',
      '            set X does not count',
    ]);
  });

  it('has them in its JSON', async () => {
    const { out } = await status(finished(report), ['--json']);
    expect(JSON.parse(out).result).toMatchObject({
      facts: { instance: 'pharma' },
      objectives,
      objectiveNotes: report.notes,
    });
  });

  it('shows the rest when they cannot be computed, and says why', async () => {
    const problem = new DrydockError('unavailable', 'list sets: the bucket does not answer', { next: 'wait' });
    const { out, exitCode } = await status(failing(problem));
    expect(exitCode).toBe(0);
    expect(out).toContain('instance    pharma (standard) on host h1, serving');
    expect(out).toMatch(/^objectives {2}not known: list sets: the bucket does not answer$/m);
    const { out: json } = await status(failing(problem), ['--json']);
    expect(JSON.parse(json).result).toMatchObject({ objectivesProblem: 'list sets: the bucket does not answer' });
  });

  it('asks for none while nothing is promised', async () => {
    const { out } = await status(silent(), [], { status: 'provisioning' });
    expect(out).toMatch(/^objectives {2}not known: nothing is promised while the instance is provisioning$/m);
  });
});

describe('a control worker that does not answer in time', () => {
  const ask = (run: RunHandle<never>) => askObjectives({ objectives: async () => run }, facts, 5);

  it.each([
    [
      'its obstacle',
      { steps: {}, obstacle: 'no control worker asks queue drydock for work' },
      /^no control worker asks/,
    ],
    [
      'its last failure',
      { steps: { a: { heartbeat: {}, attempt: 2, lastFailure: 'the store is away\nmore' } } },
      /^the store is away;/,
    ],
    ['nothing', { steps: {} }, /^the control worker gave no answer in time; drydock status pharma asks again$/],
  ])('is left after a while with %s, and its run is stopped', async (_, seen, problem) => {
    const run = silent(seen);
    expect(await ask(run)).toEqual({ objectivesProblem: expect.stringMatching(problem) });
    expect(run.cancelled).toBe(true);
  });

  it('is waited for when it is only slow', async () => {
    const slow = { ...finished(report), result: () => pause(1, report as never) };
    expect(await askObjectives({ objectives: async () => slow }, facts, 5_000)).toMatchObject({ objectives });
  });
});

describe('the report of a month', () => {
  const document = describeMonth(monthReport(monthEvidence({ entries: goodEntries, objectives })));

  it.each([
    ['what it is of', '# pharma, 2026-11'],
    [
      'where it comes from',
      /^From 2026-11-01 00:00 to 2026-12-01 00:00\. Written 2026-12-05 08:00 .* 6 entries of the journal/m,
    ],
    ['each set', `| ${setOf(2)} | 2026-11-02 03:00 | scheduled | 2.0 KiB | removed | — | — |`],
    [
      'each verification, with its evidence',
      /\| every byte of \S+ \| done \| instances\/pharma\.\S+\/sets\/\S+, SHA-256 (ab){32} \| verify-pharma-3 \|/,
    ],
    [
      'each drill and its steps',
      /\| 2\.0 KiB \| 1 min 15 s \| done \| drill-pharma-4 \|[\s\S]*\| plan drill \| 3\.0 s \|/,
    ],
    ['each restore', /\| in place \| 10 min 0 s \| \S+ \| done \| restore-pharma-5 \|/],
    [
      'who approved which plan',
      /\*\*upgrade osmose@1\.0\.0 → osmose@2\.0\.0, beside\*\*[\s\S]*\| approved \| alice@example\.com \| 2026-11-06 03:00 \| update \| abababababab \| a\\\|b \|/,
    ],
    ['how nights ended', '| backup | 1 | 0 | 0 | 0 | 0 |'],
    [
      'what closed the edge',
      /\*\*unknown\*\*: procedures closed the edge for 30 s; [\s\S]*\| 2026-11-05 03:00 \| 30 s \| restore \|/,
    ],
    ['read-only time', '- read-only for backups: 1 time(s), 8.0 s; reads were answered'],
    [
      'who knows what is not in it',
      /Not in these numbers:\n\n- outages that no procedure announced[\s\S]*drydock_edge_mode/,
    ],
    ['objectives as they are now', /As they are on 2026-12-05 08:00[\s\S]*\| graph \| recovery point \| red \|/],
  ])('says %s', (_, words) => {
    expect(document).toMatch(words);
  });

  it('counts captures beside the sets', () => {
    const result = { set: setOf(8), sizeBytes: 1, stores: [{ store: 'queue' }], withoutStores: ['graph'] };
    const entries = [anEntry('backup', 8, { result })];
    expect(describeMonth(monthReport(monthEvidence({ entries })))).toContain('captures of single stores: 1 of queue.');
    expect(document).not.toContain('captures of single stores');
  });

  it('says in words what there was none of', () => {
    const empty = describeMonth(monthReport(monthEvidence()));
    for (const words of [
      'No recovery set',
      'No verification',
      'No drill',
      'No restore',
      'not even the closures by procedures are known',
      'open: unknown',
      'No upgrade',
      'No night job',
    ]) {
      expect(empty).toContain(words);
    }
    expect(empty).not.toContain('green');
  });

  it('says when nobody knows how long the edge was closed, and shows what people wrote as text', () => {
    const entries = [
      anEntry('restore', 5, {
        outcome: 'failed',
        error: 'swap <b>g1</b>: no',
        steps: [did({ kind: 'edge-closed', at: at(5) })],
      }),
    ];
    const text = describeMonth(monthReport(monthEvidence({ entries })));
    expect(text).toContain('10 min 0 s, and longer: nobody recorded when it was opened');
    expect(text).toContain('failed: swap &lt;b>g1&lt;/b>: no');
  });

  it.each([
    ['report pharma', { instance: 'pharma' }],
    ['report pharma --month 2026-11', { instance: 'pharma', month: '2026-11' }],
  ])('%s asks for exactly that', async (line, asked) => {
    const spoken = await speak(line.split(' '), finished(monthReport(monthEvidence())));
    expect(spoken).toMatchObject({ exitCode: 0, asked: [{ report: asked }], notes: '' });
    expect(spoken.out).toMatch(/^# pharma, 2026-11/);
  });

  it('is JSON when asked, and refuses what is no month', async () => {
    const { out } = await speak(['report', 'pharma', '--json'], finished(monthReport(monthEvidence())));
    expect(JSON.parse(out)).toMatchObject({
      outcome: 'done',
      result: { format: 'drydock-report/1', month: '2026-11' },
    });
    expect((await speak(['report', 'pharma', '--month', '2026-13'])).exitCode).toBe(2);
  });
});
