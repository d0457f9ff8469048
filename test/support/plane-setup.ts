import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { removePlane, startPlane } from './plane.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of the plane that all files of a run share. */
    plane: string;
  }
}

/** One control plane for all end-to-end tests of a run; what it and its instances were is removed at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await startPlane();
  const janitor = spawn(process.execPath, [fileURLToPath(new URL('plane-janitor.ts', import.meta.url)), directory], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  const gone = once(janitor, 'exit');
  project.provide('plane', directory);
  return async () => {
    await removePlane(directory);
    janitor.stdin.end();
    await gone;
  };
}
