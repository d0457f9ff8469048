import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type Application, startApplication } from './world-application.ts';
import { createWorld, type MemoryWorld } from './world-in-memory.ts';
import { makeInstance } from './world-steps.ts';

/** Makes an instance that serves before each test; the tests of a file share the application behind it. */
export function withServingInstance(begin: (world: MemoryWorld, port: number) => Promise<void> | void): void {
  let application: Application;
  beforeAll(async () => {
    application = await startApplication();
  });
  afterAll(() => application?.close());
  beforeEach(async () => {
    const world = createWorld({ application });
    await makeInstance(world, { port: application.port });
    await begin(world, application.port);
  });
}
