import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3';
import type { Home, HomeConfig } from './home.ts';
import type { ProcessSpec } from './processes.ts';
import { basicEnvironment, program } from './programs.ts';
import { objectStoreKeys } from './secrets.ts';

export const embeddedBucket = 'drydock';
export const embeddedRegion = 'us-east-1';

/** An S3 gateway over a directory. */
export function objectStore(home: Home, config: HomeConfig, cache: string): ProcessSpec {
  const data = join(home.objectStore, 'data');
  const versions = join(home.objectStore, 'versions');
  for (const directory of [data, versions]) mkdirSync(directory, { recursive: true, mode: 0o700 });
  const keys = objectStoreKeys(home);
  return {
    name: 'object-store',
    command: program(cache, 'versitygw'),
    args: [
      ...['--port', `127.0.0.1:${config.ports.objectStore}`, '--health', '/health', '--region', embeddedRegion],
      ...['--quiet', 'posix', '--versioning-dir', versions, data],
    ],
    env: {
      ...basicEnvironment(),
      ROOT_ACCESS_KEY: keys.accessKeyId,
      ROOT_SECRET_KEY: keys.secretAccessKey.reveal(),
    },
    ports: [config.ports.objectStore],
    answers: async () => (await fetch(`${objectStoreUrl(config)}/health`)).ok,
    startWithinMs: 30_000,
  };
}

export function objectStoreUrl(config: HomeConfig): string {
  return `http://127.0.0.1:${config.ports.objectStore}`;
}

export async function ensureBucket(home: Home, config: HomeConfig): Promise<void> {
  const keys = objectStoreKeys(home);
  const client = new S3Client({
    endpoint: objectStoreUrl(config),
    region: embeddedRegion,
    forcePathStyle: true,
    credentials: { accessKeyId: keys.accessKeyId, secretAccessKey: keys.secretAccessKey.reveal() },
  });
  const Bucket = embeddedBucket;
  try {
    await client.send(new HeadBucketCommand({ Bucket })).catch(() => client.send(new CreateBucketCommand({ Bucket })));
  } finally {
    client.destroy();
  }
}
