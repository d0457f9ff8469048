import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Gives a run of tests its own temporary directory, which is removed when the run ends, however it ends. */
export default async function setup(): Promise<() => Promise<void>> {
  const before = process.env['TMPDIR'];
  const directory = await mkdtemp(join(tmpdir(), 'ddt-run-'));
  // Programs that run as another user look for their files below it.
  await chmod(directory, 0o755);
  const janitor = spawn(process.execPath, [fileURLToPath(new URL('run-janitor.ts', import.meta.url)), directory], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  const gone = once(janitor, 'exit');
  process.env['TMPDIR'] = directory;
  return async () => {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    janitor.stdin.end('over');
    await gone;
  };
}
