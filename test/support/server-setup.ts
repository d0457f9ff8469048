import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeServer, settleServer } from './server.ts';

/** Names the directory of the Temporal server that the files of a run share. */
export const serverVariable = 'DRYDOCK_TEST_SERVER';

/** A place for that server; the first file that needs it starts it. */
export default async function setup(): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-server-'));
  await settleServer(directory);
  process.env[serverVariable] = directory;
  return () => removeServer(directory);
}
