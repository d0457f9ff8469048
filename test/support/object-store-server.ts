import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { cacheDirectory } from '../../src/client/embedded/home.ts';
import { freeBlock } from './ports.ts';

export interface ObjectStoreServer {
  endpoint: string;
  accessKeyId: string;
  secretAccessKey: string;
  bucket: string;
  /** SIGKILL, as a power failure would. */
  kill(): Promise<void>;
  /** The same port and the same files. */
  restart(): Promise<void>;
  /** Also removes the files. */
  stop(): Promise<void>;
}

const readyWithinMs = 20_000;

/**
 * A real S3 server (versitygw) on a free port of this host, over a temporary folder, with one empty bucket. `versions`: it can keep
 * versions, of buckets that ask for it.
 */
export async function startObjectStore(can: 'plain' | 'versions' = 'plain'): Promise<ObjectStoreServer> {
  const folder = await mkdtemp(join(tmpdir(), 'drydock-object-store-'));
  const versions = can === 'versions' ? await mkdtemp(join(tmpdir(), 'drydock-object-store-versions-')) : undefined;
  const port = await freeBlock(1);
  const keys = { accessKeyId: 'drydock-test', secretAccessKey: 'secret-of-the-test-store' };
  const endpoint = `http://127.0.0.1:${port}`;
  const bucket = 'drydock-test';
  let child = await startServer(port, { folder, versions }, keys);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: keys });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  return {
    endpoint,
    ...keys,
    bucket,
    kill,
    restart: async () => {
      child = await startServer(port, { folder, versions }, keys);
    },
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
      if (versions !== undefined) await rm(versions, { recursive: true, force: true });
    },
  };
}

async function startServer(
  port: number,
  { folder, versions }: { folder: string; versions: string | undefined },
  keys: { accessKeyId: string; secretAccessKey: string },
): Promise<ChildProcess> {
  const backend = ['posix', ...(versions === undefined ? [] : ['--versioning-dir', versions]), folder];
  const program = join(cacheDirectory(process.env), 'bin', 'versitygw');
  const child = spawn(program, ['--port', `127.0.0.1:${port}`, '--quiet', ...backend], {
    env: { ROOT_ACCESS_KEY: keys.accessKeyId, ROOT_SECRET_KEY: keys.secretAccessKey },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr?.on('data', (text) => {
    stderr = (stderr + text).slice(-2000);
  });
  // A test run that is interrupted must not leave the server behind.
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  child.once('exit', () => process.off('exit', killWithUs));
  await once(child, 'spawn');
  for (const until = Date.now() + readyWithinMs; Date.now() < until; await sleep(20)) {
    if (child.exitCode !== null) throw new Error(`versitygw ended with ${child.exitCode}: ${stderr}`);
    if (await answers(port)) return child;
  }
  child.kill('SIGKILL');
  throw new Error(`versitygw does not answer on port ${port} after ${readyWithinMs} ms: ${stderr}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.once('error', () => resolve(false)).once('connect', () => socket.destroy());
  });
}
