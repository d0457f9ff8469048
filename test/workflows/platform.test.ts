import { afterAll, beforeAll, describe } from 'vitest';
import { inProcess, type Performer } from '../support/in-process.ts';
import { startLastingWorkers } from '../support/lasting-workers.ts';
import type { Carrier } from '../support/temporal.ts';
import { type Given, listener, perform } from './fixtures/scripts.ts';
import { platformSuite } from './platform.suite.ts';

describe('in memory', () => {
  const script: Performer = (platform, name, given) => perform(platform, String(name), given as Given);
  const carrier = inProcess({ script, backup: script, listener });
  platformSuite(() => carrier);
});

describe('on a server', () => {
  let server: Carrier;
  beforeAll(async () => {
    server = await startLastingWorkers(new URL('./fixtures/script-workflows.ts', import.meta.url));
  });
  afterAll(() => server?.close());
  platformSuite(() => server);
});
