import { randomUUID } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { ContainerRuntime, Labels, OneOff } from '../../src/drivers/docker/container-runtime.ts';

export type Behaviour = 'keeps running' | 'becomes healthy' | 'becomes unhealthy' | 'exits with 3';

export interface RuntimeUnderTest {
  runtime: ContainerRuntime;
  image: string;
  /** Starts a container outside the interface, as Compose does. */
  place(name: string, labels: Labels, behaviour: Behaviour): Promise<void>;
  cleanUp(): Promise<void>;
}

/** Commands that every implementation knows. */
export const commands = {
  printAndFail: ['sh', '-c', 'echo said; echo complained >&2; exit 3'],
  copy: ['cat'],
  waitForever: ['sleep', '1000'],
  print: ['printf', 'hello'],
  fail: ['sh', '-c', 'echo complained >&2; exit 4'],
  missing: ['no-such-program'],
} as const;

export function describeContainerRuntime(title: string, make: () => RuntimeUnderTest): void {
  describe(`container runtime: ${title}`, () => {
    const subject = make();
    const { runtime, image } = subject;
    const run = randomUUID().slice(0, 8);
    const labels = { 'drydock.test': run };
    const name = (word: string) => `ddt-${run}-${word}`;
    const job = (word: string, command: readonly string[]): OneOff => ({ name: name(word), image, command, labels });
    afterAll(() => subject.cleanUp());

    test('a one-off gives its real exit code, with stdout and stderr apart', async () => {
      const result = await runtime.run(job('fails', commands.printAndFail));
      expect(result).toEqual({ exitCode: 3, oomKilled: false, stdout: 'said\n', stderr: 'complained\n' });
      expect(await runtime.container(name('fails'))).toBeUndefined();
    });

    test('a one-off reads its input to the end and its output is ended after success', async () => {
      const stdout = new PassThrough();
      const read = text(stdout);
      const result = await runtime.run({ ...job('copies', commands.copy), stdin: Readable.from(['a', 'bc']), stdout });
      expect(result.exitCode).toBe(0);
      expect(await read).toBe('abc');
    });

    test('the output of a one-off that fails is destroyed, not ended', async () => {
      const stdout = new PassThrough();
      const end = finished(stdout.resume());
      const [result] = await Promise.all([
        runtime.run({ ...job('half', commands.printAndFail), stdout }),
        expect(end).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' }),
      ]);
      expect(result.exitCode).toBe(3);
    });

    test('an input that breaks is the failure, and no container is left', async () => {
      const stdin = new Readable({ read: () => stdin.destroy(new Error('the source broke')) });
      const running = runtime.run({ ...job('broken', commands.copy), stdin });
      await expect(running).rejects.toThrow('the source broke');
      expect(await runtime.container(name('broken'))).toBeUndefined();
    });

    test('an aborted one-off throws the reason and leaves no container', async () => {
      const reason = new Error('cancelled');
      const abort = new AbortController();
      const running = runtime.run(job('aborted', commands.waitForever), abort.signal);
      const refused = expect(running).rejects.toBe(reason);
      await expect.poll(() => runtime.container(name('aborted'))).toMatchObject({ state: 'running' });
      abort.abort(reason);
      await refused;
      expect(await runtime.container(name('aborted'))).toBeUndefined();
    });

    test('a prepared one-off waits to be told, and is there until it is disposed of', async () => {
      const state = async () => (await runtime.container(name('prepared')))?.state;
      {
        await using prepared = await runtime.prepare(job('prepared', commands.printAndFail));
        expect(await state()).toBe('created');
        expect(await prepared.run()).toMatchObject({ exitCode: 3, stdout: 'said\n' });
      }
      expect(await state()).toBeUndefined();
      {
        await using _never = await runtime.prepare(job('prepared', commands.printAndFail));
        expect(await state()).toBe('created');
      }
      expect(await state()).toBeUndefined();
    });

    test('a prepared one-off that is aborted before it runs throws the reason and leaves no container', async () => {
      const reason = new Error('cancelled');
      const abort = new AbortController();
      const use = async () => {
        await using prepared = await runtime.prepare(job('prepared', commands.waitForever), abort.signal);
        abort.abort(reason);
        await prepared.run();
      };
      await expect(use()).rejects.toBe(reason);
      expect(await runtime.container(name('prepared'))).toBeUndefined();
    });

    test('what a dead worker left under the same name is replaced, what belongs to others is not', async () => {
      await subject.place(name('left'), labels, 'keeps running');
      expect(await runtime.run(job('left', commands.printAndFail))).toMatchObject({ exitCode: 3 });

      await subject.place(name('theirs'), { ...labels, 'drydock.test': 'other' }, 'keeps running');
      await expect(runtime.run(job('theirs', commands.printAndFail))).rejects.toMatchObject({ code: 'not-ours' });
      expect(await runtime.container(name('theirs'))).toMatchObject({ state: 'running' });
    });

    test('a container is removed by its labels, and another one’s is not', async () => {
      await subject.place(name('stray'), labels, 'keeps running');
      await expect(runtime.removeContainer(name('stray'), { 'drydock.test': 'other' })).rejects.toMatchObject({
        code: 'not-ours',
      });
      for (const _ of [1, 2]) await runtime.removeContainer(name('stray'), labels);
      expect(await runtime.container(name('stray'))).toBeUndefined();
    });

    test('a one-off that may take little of the processors does its work', async () => {
      const processors = { cpus: 0.5, shares: 64 };
      const result = await runtime.run({ ...job('slow', commands.printAndFail), processors });
      expect(result).toMatchObject({ exitCode: 3, stdout: 'said\n' });
    });

    test('removing an image that is not there is success', async () => {
      for (const _ of [1, 2]) await runtime.removeImage(`${name('nothing')}:none`);
      expect(await runtime.image(image)).toBeDefined();
    });

    test('a one-off is refused a volume that does not exist', async () => {
      const mounts = [{ kind: 'volume', source: name('nowhere'), target: '/data', access: 'read-only' } as const];
      const running = runtime.run({ ...job('mounts', commands.copy), mounts });
      await expect(running).rejects.toMatchObject({ code: 'not-found' });
      expect(await runtime.volume(name('nowhere'))).toBeUndefined();
    });

    test('volumes are made and removed as often as asked, and only when they are ours', async () => {
      const volume = name('volume');
      await runtime.createVolume(volume, labels);
      await runtime.createVolume(volume, labels);
      expect(await runtime.volumes(labels)).toMatchObject([{ name: volume, labels }]);
      const others = { 'drydock.test': 'other' };
      await expect(runtime.createVolume(volume, others)).rejects.toMatchObject({ code: 'not-ours' });
      await expect(runtime.removeVolume(volume, others)).rejects.toMatchObject({ code: 'not-ours' });
      await runtime.removeVolume(volume, labels);
      await runtime.removeVolume(volume, labels);
      expect(await runtime.volume(volume)).toBeUndefined();
    });

    test('a command in a running container gives its output and its exit code', async () => {
      await subject.place(name('host'), labels, 'keeps running');
      expect(await runtime.exec(name('host'), commands.print)).toEqual({ exitCode: 0, stdout: 'hello', stderr: '' });
      expect(await runtime.exec(name('host'), commands.fail)).toMatchObject({ exitCode: 4, stderr: 'complained\n' });
      await expect(runtime.exec(name('host'), commands.missing)).rejects.toMatchObject({ code: 'tool-failed' });
      await expect(runtime.exec(name('absent'), commands.copy)).rejects.toMatchObject({ code: 'not-found' });
    });

    test('a container is found by name and by labels, stopped and started again', async () => {
      await subject.place(name('seen'), { ...labels, 'drydock.role': 'seen' }, 'keeps running');
      const found = await runtime.containers({ ...labels, 'drydock.role': 'seen' });
      expect(found).toMatchObject([{ name: name('seen'), image, state: 'running', health: 'none' }]);
      await runtime.stop(name('seen'), 10);
      await runtime.stop(name('seen'), 10);
      expect(await runtime.container(name('seen'))).toMatchObject({ state: 'exited' });
      await runtime.start(name('seen'));
      await runtime.start(name('seen'));
      expect(await runtime.container(name('seen'))).toMatchObject({ state: 'running' });
    });

    test('a container shows its health, how it ended and what it said last', async () => {
      await subject.place(name('well'), labels, 'becomes healthy');
      await expect.poll(() => runtime.container(name('well'))).toMatchObject({ state: 'running', health: 'healthy' });
      await subject.place(name('ill'), labels, 'becomes unhealthy');
      await expect.poll(() => runtime.container(name('ill'))).toMatchObject({ health: 'unhealthy' });
      expect(await runtime.logTail(name('ill'), 5)).toContain('last words');
      await subject.place(name('gone'), labels, 'exits with 3');
      await expect.poll(() => runtime.container(name('gone'))).toMatchObject({ state: 'exited', exitCode: 3 });
    });

    test('an image is known by its content, an absent one is undefined', async () => {
      expect(await runtime.image(image)).toMatchObject({ id: expect.stringMatching(/^sha256:/) });
      expect(await runtime.image('drydock/no-such-image:0')).toBeUndefined();
      await runtime.ensureImage(image);
    });
  });
}
