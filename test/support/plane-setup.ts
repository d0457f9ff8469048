import type { TestProject } from 'vitest/node';
import { removePlane, startPlane } from './plane.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Directory of the plane that all files of a run share. */
    plane: string;
  }
}

/** One control plane for all end-to-end tests of a run; the plane and its instances are removed at the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await startPlane();
  project.provide('plane', directory);
  return () => removePlane(directory);
}
