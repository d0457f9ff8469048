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
  project.provide('plane', directory);
  return () => removePlane(directory);
}
