import { afterAll, beforeAll, describe } from 'vitest';
import { inProcess } from '../support/in-process.ts';
import { startRealTime, type TimeSkipping } from '../support/temporal.ts';
import { perform } from './fixtures/scripts.ts';
import { platformSuite } from './platform.suite.ts';

describe('in memory', () => {
  const carrier = inProcess((_, platform, [script, given]) => perform(platform, String(script), given as object));
  platformSuite(() => carrier);
});

describe('on a server', () => {
  let temporal: TimeSkipping;
  beforeAll(async () => {
    temporal = await startRealTime(new URL('./fixtures/script-workflows.ts', import.meta.url));
  });
  afterAll(() => temporal?.close());
  platformSuite(() => temporal);
});
