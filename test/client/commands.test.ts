import { describe, expect, it } from 'vitest';
import { demoProgram } from '../../demo/main.ts';
import { RunEnded } from '../../src/client/exit-codes.ts';
import { DrydockError, errorCodes } from '../../src/errors.ts';
import { failing, finished, speak } from './support.ts';

const set = '20261121T030000Z-1a2b3c4d';

describe('each verb asks for exactly what its options say', () => {
  it.each<[line: string, verb: string, options: object]>([
    ['provision pharma --blueprint osmose@1.0.0', 'provision', { blueprint: 'osmose@1.0.0' }],
    [
      'provision pharma --blueprint osmose@1.0.0 --host h2 --tier premium --set A=1 --set B=x=y --store-ports loopback',
      'provision',
      {
        ...{ blueprint: 'osmose@1.0.0', host: 'h2', tier: 'premium', storePorts: 'loopback' },
        variables: { A: '1', B: 'x=y' },
      },
    ],
    ['backup pharma --wait-minutes 5', 'backup', { waitMinutes: 5 }],
    ['backup pharma --stores queue files', 'backup', { stores: ['queue', 'files'] }],
    ['restore pharma --newest queue --confirm pharma', 'restore', { newest: ['queue'], confirm: 'pharma' }],
    ['restore pharma --confirm pharma', 'restore', { confirm: 'pharma' }],
    [
      `restore pharma --set ${set} --as twin --host h2 --variable A=1 --grace-hours 0`,
      'restore',
      { set, as: 'twin', host: 'h2', variables: { A: '1' }, graceHours: 0 },
    ],
    [
      'restore pharma --set latest --confirm pharma --skip-safety-set nothing-left-to-save',
      'restore',
      { set: 'latest', confirm: 'pharma', skipSafetySet: 'nothing-left-to-save' },
    ],
    ['verify pharma', 'verify', {}],
    ['verify pharma --set least-recently-verified', 'verify', { set: 'least-recently-verified' }],
    ['drill pharma', 'drill', {}],
    ['drill pharma --set random --wait-minutes 5', 'drill', { set: 'random', waitMinutes: 5 }],
    ['read-only pharma on --reason audit', 'readOnly', { state: 'on', reason: 'audit' }],
    ['tier pharma premium', 'changeTier', { tier: 'premium' }],
    ['tier pharma standard --wait-minutes 5', 'changeTier', { tier: 'standard', waitMinutes: 5 }],
    ['cleanup pharma proto-kg', 'cleanup', { what: 'proto-kg' }],
    [
      'cleanup pharma qdrant --dry-run --until 2026-11-22T05:00:00Z --wait-minutes 5',
      'cleanup',
      { what: 'qdrant', dryRun: true, untilAt: '2026-11-22T05:00:00Z', waitMinutes: 5 },
    ],
    ['decommission pharma --confirm pharma --keep-sets 30d', 'decommission', { confirm: 'pharma', keepSetsDays: 30 }],
  ])('%s', async (line, verb, options) => {
    const { asked } = await speak([...line.split(' '), '--detach']);
    expect(asked).toEqual([{ [verb]: { instance: 'pharma', ...options } }]);
  });

  it('a set alone is verified of whichever instance it is', async () => {
    expect((await speak(['verify', '--set', set, '--detach'])).asked).toEqual([{ verify: { set } }]);
  });
});

describe('the exit code', () => {
  it.each(Object.entries(errorCodes))('of %s is the one of the table', async (code, { exitCode }) => {
    const error = new DrydockError(code as keyof typeof errorCodes, 'tried: seen');
    expect((await speak(['backup', 'pharma'], failing(error))).exitCode).toBe(exitCode);
  });

  it.each([
    ['cancelled', 9],
    ['terminated', 10],
    ['detached', 130],
  ] as const)('of a run that was %s is its own', async (outcome, exitCode) => {
    expect((await speak(['backup', 'pharma'], failing(new RunEnded(outcome, outcome)))).exitCode).toBe(exitCode);
  });

  it.each([
    ['no-such-verb'],
    ['backup'],
    ['backup pharma --unknown'],
    ['cleanup pharma everything'],
    ['read-only pharma perhaps'],
    ['tier pharma'],
    ['tier pharma gold'],
  ])('of the unintelligible “%s” is 2', async (line) => {
    const { exitCode, notes } = await speak(line.split(' '));
    expect(exitCode).toBe(2);
    expect(notes).toContain('error:');
  });

  it('of a question for help is 0', async () => {
    expect(await speak(['--help'])).toMatchObject({ exitCode: 0, out: expect.stringContaining('provision') });
  });

  it('shows a default once', async () => {
    const out = demoProgram({
      env: {},
      output: { out: () => {}, note: () => {}, terminal: false },
      connect: () => Promise.reject(new Error('help asks nobody')),
      onInterrupt: () => new AbortController().signal,
    }).helpInformation();
    expect(out.match(/default/g)).toHaveLength(1);
    expect(out).toContain('(default: pharma,sap)');
  });
});

describe('what is printed', () => {
  const refused = new DrydockError('refused', 'plan the backup of pharma: no', {
    problems: ['disk'],
    next: 'free some',
  });

  it('says what was tried, what was seen and what to do', async () => {
    const { notes, out } = await speak(['backup', 'pharma'], failing(refused));
    expect(notes).toContain('drydock: plan the backup of pharma: no\n  - disk\n  → free some');
    expect(out).toBe('');
  });

  it('is one JSON object on stdout and nothing beside it, for results', async () => {
    const { out, notes } = await speak(['sets', 'pharma', '--json'], finished({ instance: 'pharma', sets: [] }));
    expect(JSON.parse(out)).toEqual({ outcome: 'done', workflowId: 'a-run', result: { instance: 'pharma', sets: [] } });
    expect(notes).toBe('');
  });

  it('is one JSON object on stdout and nothing beside it, for errors of a run', async () => {
    const { out, notes } = await speak(['backup', 'pharma', '--json'], failing(refused));
    expect(JSON.parse(out)).toEqual({
      outcome: 'failed',
      exitCode: 4,
      code: 'refused',
      message: 'plan the backup of pharma: no',
      problems: ['disk'],
      next: 'free some',
      workflowId: 'a-run',
    });
    expect(notes).toBe('');
  });

  it('is JSON as well when Temporal is not there', async () => {
    const connect = () => Promise.reject(new DrydockError('unavailable', 'connect to Temporal at x: no answer'));
    const { out, exitCode } = await speak(['status', '--json'], undefined, { connect });
    expect(JSON.parse(out)).toMatchObject({ code: 'unavailable', exitCode: 8 });
    expect(exitCode).toBe(8);
  });

  it('says what another tier has changed, and what will come of it', async () => {
    const schedules = [
      { id: 'night/pharma/backup', change: 'change', words: 'daily at 03:17 UTC → on sundays at 03:17 UTC' },
      { id: 'night/pharma/drill', change: 'unchanged', words: 'on fridays at 04:17 UTC' },
    ];
    const report = { procedure: 'changeTier', instance: 'pharma', from: 'premium', tier: 'standard', steps: [] };
    for (const line of ['tier pharma standard', 'watch a-run']) {
      const { out } = await speak(line.split(' '), finished({ ...report, schedules, notes: ['sets may go'] }));
      expect(out.split('\n'), line).toEqual([
        'pharma is standard; it was premium',
        '1 schedules changed, 1 are as they should be',
        '        SCHEDULE             WHAT',
        'change  night/pharma/backup  daily at 03:17 UTC → on sundays at 03:17 UTC',
        'sets may go',
      ]);
    }
  });

  it('says of a tier that is there already that it is', async () => {
    const schedules = [{ id: 'night/pharma/drill', change: 'unchanged', words: 'on fridays at 04:17 UTC' }];
    const report = { instance: 'pharma', from: 'premium', tier: 'premium', schedules, notes: [] };
    const { out } = await speak(['tier', 'pharma', 'premium'], finished(report));
    expect(out).toBe('pharma is premium already\n1 schedules are as they should be');
  });

  it('says once that a run was cancelled', async () => {
    const { notes } = await speak(['backup', 'pharma'], failing(new RunEnded('cancelled', 'cancelled')));
    expect(notes.match(/cancelled/g)).toHaveLength(1);
  });

  it('says how to come back after leaving', async () => {
    const interrupt = AbortSignal.abort();
    const { notes, exitCode } = await speak(['backup', 'pharma'], undefined, { onInterrupt: () => interrupt });
    expect(exitCode).toBe(130);
    expect(notes).toContain('drydock watch a-run');
    expect(notes).toContain('drydock cancel a-run');
  });

  it('says the same after --detach', async () => {
    expect((await speak(['backup', 'pharma', '--detach'])).out).toContain('drydock watch a-run');
  });
});
