import { createWriteStream } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { runCommand } from '../../src/drivers/command.ts';

const shell = (script: string) => ['sh', ['-c', script]] as const;

test('a program reads its input to the end and gives its output', async () => {
  const result = await runCommand('cat', [], { stdin: Readable.from(['a', 'bc']) });
  expect(result).toEqual({ exitCode: 0, stdout: 'abc', stderr: '' });
});

test('a failure tells how the program ended and what it said last, with secrets masked', async () => {
  const running = runCommand(...shell('echo "no entry for hunter2" >&2; exit 4'), { secrets: ['hunter2'] });
  await expect(running).rejects.toMatchObject({
    code: 'tool-failed',
    message: 'sh ended with exit code 4: no entry for ***',
  });
  await expect(runCommand(...shell('kill -9 $$'))).rejects.toThrow('sh was ended by SIGKILL');
  await expect(runCommand('no-such-program', [])).rejects.toMatchObject({ next: expect.stringContaining('install') });
});

test('an exit code that was expected is a result', async () => {
  expect(await runCommand(...shell('exit 1'), { okExitCodes: [0, 1] })).toMatchObject({ exitCode: 1 });
});

test('an input that breaks is never taken for its end', async () => {
  const stdin = new Readable({ read: () => stdin.destroy(new Error('the source broke')) });
  await expect(runCommand('cat', [], { stdin })).rejects.toThrow('read the input of cat: the source broke');
});

test('a program may end before it has read its input', async () => {
  const endless = Readable.from(
    (function* () {
      for (;;) yield Buffer.alloc(65_536);
    })(),
  );
  expect(await runCommand('head', ['-c', '5'], { stdin: endless })).toMatchObject({ exitCode: 0 });
});

test('the output of a program that fails is destroyed, not ended', async () => {
  const stdout = new PassThrough();
  const end = expect(finished(stdout.resume())).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  await expect(runCommand(...shell('echo half; exit 3'), { stdout })).rejects.toMatchObject({ code: 'tool-failed' });
  await end;
});

test('a full disk is told apart from a failing program', async () => {
  const running = runCommand('head', ['-c', '50000000', '/dev/zero'], { stdout: createWriteStream('/dev/full') });
  await expect(running).rejects.toMatchObject({ code: 'no-space' });
});

test('an abort throws its reason and ends what the program had started', async () => {
  const abort = new AbortController();
  const reason = new Error('cancelled');
  setTimeout(() => abort.abort(reason), 200);
  const marker = `${1000 + process.pid / 1e7}`;
  await expect(runCommand(...shell(`sleep ${marker} & sleep ${marker}`), { signal: abort.signal })).rejects.toBe(
    reason,
  );
  const left = await runCommand('pgrep', ['-f', `^sleep ${marker}`], { okExitCodes: [0, 1] });
  expect(left.stdout).toBe('');
});

test('a given environment is the whole environment', async () => {
  const { stdout } = await runCommand('env', [], { env: { PATH: '/usr/bin:/bin', WORD: 'hello' } });
  expect(stdout.split('\n').sort()).toEqual(['', 'PATH=/usr/bin:/bin', 'WORD=hello']);
});
