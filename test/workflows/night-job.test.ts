import { describe, expect, test } from 'vitest';
import type { Progress } from '../../src/contracts/progress.ts';
import { inProcess } from '../support/in-process.ts';
import { type NightScene, nightScene } from '../support/nights.ts';
import { backup, cleanup, drill, verify } from './fixtures/nights.ts';

const memory = inProcess({ backup, cleanup, drill, verify });

const scene = (act: (scene: NightScene) => Promise<void>, count = 1) => nightScene(memory, count, act);
const patience = { timeout: 20_000 };
const events = ({ notifier }: NightScene) => notifier.told.map(({ event }) => event);

test('a job that is done is remembered by its instance, and nobody is disturbed', () =>
  scene(async (night) => {
    const outcome = await night.night({});
    expect(outcome).toMatchObject({ outcome: 'done', lastDoneAt: outcome?.at });
    expect(night.said.map(({ what }) => what)).toEqual(['begins', 'ends']);
    expect(events(night)).toEqual([]);
    expect(night.journal).toMatchObject([{ procedure: 'nightJob', outcome: 'done', request: { job: 'backup' } }]);
  }));

test('a job that fails says what, why and what next; when it works again, that is said too', () =>
  scene(async (night) => {
    const [instance] = night.instances;
    const failed = await night.night({ request: { fails: 'no-space' } });
    expect(failed).toMatchObject({ outcome: 'failed', why: expect.stringContaining('backup broke'), next: 'mend it' });
    expect(night.notifier.told).toMatchObject([
      {
        event: 'night-job-failed',
        instance,
        text: expect.stringMatching(/^backup of .* is failed: backup .*backup broke/),
        details: { job: 'backup', outcome: 'failed', why: expect.any(String), next: 'mend it', dueAt: failed?.dueAt },
      },
    ]);
    expect(night.journal).toMatchObject([{ outcome: 'failed', error: expect.stringContaining('backup broke') }]);
    await night.night({});
    expect(events(night)).toEqual(['night-job-failed', 'night-job-recovered']);
  }));

test('a capture that fails again and again is told once, and so is its recovery', () =>
  scene(async (night) => {
    const when = { every: 'interval', minutes: 30, offset: 0 };
    const capture = { job: 'capture-queue', turn: 'none', when };
    for (const fails of ['no-space', 'no-space', undefined]) await night.night({ ...capture, request: { fails } });
    expect(events(night)).toEqual(['night-job-failed', 'night-job-recovered']);
    expect(night.notifier.told[0]).toMatchObject({ details: { job: 'capture-queue', next: 'mend it' } });
  }));

test('a part that was done is an outcome of its own', () =>
  scene(async (night) => {
    const reports = { outcome: 'partial', why: 'the window ended after 3 of 9 GiB' };
    const outcome = await night.night({ job: 'cleanup-qdrant', procedure: 'cleanup', request: { reports } });
    expect(outcome).toMatchObject({ outcome: 'partial', why: reports.why });
    expect(events(night)).toEqual(['night-job-partial']);
    expect(night.journal).toMatchObject([{ outcome: 'done' }]);
  }));

test('a job that is started too late does not begin, and that is a missed one', () =>
  scene(async (night) => {
    const dueAt = new Date((await night.now()) - 5 * 3_600_000).toISOString();
    const outcome = await night.night({ dueAt });
    expect(outcome).toMatchObject({ outcome: 'missed', dueAt, why: expect.stringContaining('could only begin 5 h') });
    expect(night.said).toEqual([]);
    expect(events(night)).toEqual(['night-job-missed']);
  }));

describe('on one host', () => {
  test('a job whose turn does not come in its time is missed, and says who had the host', () =>
    scene(async (night) => {
      const [one, two] = night.instances;
      const long = await night.begin({ instance: one, job: 'drill', procedure: 'drill', request: { minutes: 90 } });
      await expect.poll(() => night.said.length, patience).toBe(1);
      const waiting = await night.night({ instance: two, beginWithinMinutes: 20 });
      expect(waiting).toMatchObject({
        outcome: 'missed',
        why: expect.stringMatching(/^waited 20 minutes for host .*: nightJob \(nightJob-.*\) holds it since/),
      });
      await long.result();
      expect((await night.state(one)).nights['drill']).toMatchObject({ outcome: 'done' });
    }, 2));

  test('a job that was terminated loses its turn', () =>
    scene(async (night) => {
      const [one, two] = night.instances;
      const dueAt = new Date(await night.now()).toISOString();
      const dying = await night.start('nightJob', {
        instance: one,
        job: 'x',
        procedure: 'backup',
        turn: 'host',
        dueAt,
      });
      await expect.poll(() => night.said.length, patience).toBe(1);
      await dying.terminate();
      expect(await night.night({ instance: two })).toMatchObject({ outcome: 'done' });
    }, 2));
});

const soon = async ({ now }: NightScene, hours: number) => new Date((await now()) + hours * 3_600_000).toISOString();

describe('on one host, at the same moment', () => {
  test('heavy jobs come one after the other, and a light one goes on beside them', () =>
    scene(async (night) => {
      const [one, two, three] = night.instances;
      const begun = [
        await night.begin({ instance: one }),
        await night.begin({ instance: two }),
        await night.begin({ instance: three, turn: 'none', job: 'verify', request: { minutes: 2 } }),
      ];
      for (const handle of begun) await handle.result();
      const heavy = night.said.filter(({ instance }) => instance !== three).map(({ what }) => what);
      expect(heavy).toEqual(['begins', 'ends', 'begins', 'ends']);
      const light = night.said.filter(({ instance }) => instance === three);
      const firstEnd = night.said.find(({ what, instance }) => what === 'ends' && instance !== three);
      expect(Date.parse(light[1]?.at ?? '')).toBeLessThan(Date.parse(firstEnd?.at ?? ''));
      for (const instance of night.instances) {
        const { nights } = await night.state(instance);
        expect(Object.values(nights).map(({ outcome }) => outcome)).toEqual(['done']);
      }
    }, 3));

  test('a waiting job says for whom it waits', () =>
    scene(async (night) => {
      const [one, two] = night.instances;
      const dueAt = new Date(await night.now()).toISOString();
      const job = { job: 'drill', procedure: 'drill', turn: 'host', dueAt };
      await night.start('nightJob', { ...job, instance: one, request: {} });
      await expect.poll(() => night.said.length, patience).toBe(1);
      const second = await night.start('nightJob', { ...job, instance: two, request: {} });
      const waitingFor = async () => (await second.query<Progress>('progress')).waitingFor;
      await expect.poll(waitingFor, patience).toMatch(/^waits for nightJob \(nightJob-.*\), which runs since/);
      await second.result();
    }, 2));

  test('a hold that begins while a job waits for the host holds that job too', () =>
    scene(async (night) => {
      const [one, two] = night.instances;
      const busy = await night.begin({ instance: one });
      await expect.poll(() => night.said.length, patience).toBe(1);
      const waiting = await night.begin({ instance: two });
      const { workflow } = memory.env.client;
      const host = workflow.getHandle(`host/${(await night.state()).facts.host}`);
      await expect
        .poll(async () => (await host.query<{ waiting: object[] }>('state')).waiting.length, patience)
        .toBe(1);
      const [since, until] = [await soon(night, 0), await soon(night, 48)];
      await workflow.getHandle(`instance/${two}`).signal('hold', { reason: 'audit', since, until });
      await waiting.result();
      expect((await night.state(two)).nights['backup']).toMatchObject({ outcome: 'held' });
      await busy.result();
    }, 2));

  test('a hold can be released, and may name the jobs that it is for', () =>
    scene(async (night) => {
      const [instance] = night.instances;
      const drill = { job: 'drill', procedure: 'drill' };
      const hold = { instance, reason: 'load test', until: await soon(night, 48), jobs: ['drill'] };
      await (await night.start('hold', hold)).result();
      expect(await night.night(drill)).toMatchObject({ outcome: 'held' });
      expect(await night.night({})).toMatchObject({ outcome: 'done' });
      await (await night.start('hold', { instance, state: 'off' })).result();
      expect(await night.night(drill)).toMatchObject({ outcome: 'done' });
      expect((await night.state()).hold).toBeUndefined();
    }, 1));
});

test('a job that takes too long is cancelled, and undoes what it began', () =>
  scene(async (night) => {
    const outcome = await night.night({ endWithinMinutes: 90, request: { minutes: 600 } });
    expect(outcome).toMatchObject({
      outcome: 'failed',
      why: expect.stringContaining('did not end within 1 h 30 min and was cancelled'),
      next: expect.stringContaining('drydock backup'),
    });
    expect(night.said.map(({ what }) => what)).toEqual(['begins', 'is undone']);
  }));

test('a job that somebody cancels is undone, remembered and told', () =>
  scene(async (night) => {
    const [instance] = night.instances;
    const dueAt = new Date(await night.now()).toISOString();
    const job = { instance, job: 'backup', procedure: 'backup', turn: 'host', dueAt, request: { minutes: 600 } };
    const handle = await night.start('nightJob', job);
    await expect.poll(() => night.said.length, patience).toBe(1);
    await handle.cancel();
    await handle.result().catch(() => {});
    expect((await night.state()).nights['backup']).toMatchObject({
      outcome: 'failed',
      why: expect.stringContaining('cancel'),
    });
    expect(night.said.map(({ what }) => what)).toEqual(['begins', 'is undone']);
    expect(events(night)).toEqual(['night-job-failed']);
  }));

test('a webhook that refuses the message changes nothing', () =>
  scene(async (night) => {
    night.notifier.listening = 'no';
    expect(await night.night({ request: { fails: 'no-space' } })).toMatchObject({ outcome: 'failed' });
    expect(await night.night({})).toMatchObject({ outcome: 'done' });
  }));

test('an instance that is not there fails the job, and that is told', () =>
  scene(async (night) => {
    await night.night({ instance: 'nobody' }).catch(() => {});
    expect(night.notifier.told).toMatchObject([
      {
        event: 'night-job-failed',
        instance: 'nobody',
        details: { why: expect.stringContaining('no instance nobody') },
      },
    ]);
  }));

describe('a hold', () => {
  const aDayPasses = () => memory.env.sleep(24 * 3_600_000);

  test('keeps jobs off until it ends, is told once, and is seen', () =>
    scene(async (night) => {
      const [instance] = night.instances;
      const hold = { instance, reason: 'audit', until: await soon(night, 30), by: 'alice', jobs: ['backup'] };
      const report = await (await night.start('hold', hold)).result();
      expect(report).toMatchObject({ procedure: 'hold', hold: { reason: 'audit', by: 'alice' } });
      expect(await night.state()).toMatchObject({ hold: { reason: 'audit', until: hold.until } });
      expect(await night.night({})).toMatchObject({ outcome: 'held', why: `held until ${hold.until}: audit` });
      await aDayPasses();
      expect(await night.night({})).toMatchObject({ outcome: 'held' });
      expect(events(night)).toEqual(['night-job-held']);
      await aDayPasses();
      expect(await night.night({})).toMatchObject({ outcome: 'done' });
    }));

  test.each([
    ['no end', { reason: 'audit' }],
    ['no reason', { until: '2027-01-01T00:00:00.000Z' }],
  ])('with %s is refused', (_, request) =>
    scene(async (night) => {
      const handle = await night.start('hold', { instance: night.instances[0], ...request });
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'invalid-input' } });
    }),
  );

  test('of an instance that is not there is refused', () =>
    scene(async (night) => {
      const handle = await night.start('hold', { instance: 'nobody', reason: 'audit', until: await soon(night, 1) });
      await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'not-found' } });
    }));
});
