import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { objectStoreKeys } from '../../../src/client/embedded/secrets.ts';
import { fullName } from '../../../src/model/instance/names.ts';
import { type InstanceClient, sharedInstance } from '../../support/instance-client.ts';
import { openPlane, type Plane } from '../../support/plane.ts';
import { readRunbook } from '../../support/runbook.ts';

describe('an instance is recovered without Drydock', () => {
  let plane: Plane;
  let original: InstanceClient;
  let directory: string;
  let project: string;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    original = await sharedInstance(plane);
    project = `${original.name}-by-hand`;
    directory = await mkdtemp(join(tmpdir(), 'drydock-by-hand-'));
  });
  afterAll(async () => {
    await execa('docker', ['compose', '--project-name', project, 'down', '--volumes', '--timeout', '20'], {
      reject: false,
    });
    for (const volume of ['neo4j_data', 'redis_data', 'qdrant_data']) {
      await execa('docker', ['volume', 'rm', '--force', `${project}_${volume}`], { reject: false });
    }
    await rm(directory, { recursive: true, force: true });
    await plane.close();
  });

  test('the commands of the runbook bring back what the set holds', async () => {
    const { set } = await (await plane.operations.backup({ instance: original.name })).result();
    const expected = await contentsIn(`drydock-${original.name}_serving-app-blue-1`);
    const { accessKeyId, secretAccessKey } = objectStoreKeys(plane.embedded.home);

    const { commands } = await readRunbook('recover-by-hand.md');
    expect(commands.length).toBeGreaterThan(5);

    // One script, so that it stops at the first failure.
    await execa('bash', ['-c', ['set -euo pipefail', ...commands].join('\n')], {
      cwd: directory,
      // Nothing else of this process: the S3 client would read whatever names settings of Amazon's own tools.
      extendEnv: false,
      env: {
        PATH: process.env['PATH'],
        HOME: directory,
        INSTANCE: original.name,
        FULL_NAME: fullName(original.identity),
        SET: set,
        IDENTITY: plane.embedded.home.identity,
        BUCKET: `${plane.bucket.name}/drydock`,
        PROJECT: project,
        RCLONE_CONFIG_S3_TYPE: 's3',
        RCLONE_CONFIG_S3_PROVIDER: 'Other',
        RCLONE_CONFIG_S3_ENDPOINT: plane.embedded.objectStoreUrl,
        RCLONE_CONFIG_S3_ACCESS_KEY_ID: accessKeyId,
        RCLONE_CONFIG_S3_SECRET_ACCESS_KEY: secretAccessKey.reveal(),
      },
    });

    expect(await contentsIn(`${project}-app-1`)).toEqual(expected);
  });
});

/** Digest of what lies in the stores that an application container is connected to. */
async function contentsIn(container: string): Promise<unknown> {
  const script = await readFile(new URL('../../support/instance-client-contents.py', import.meta.url), 'utf8');
  const { stdout } = await execa('docker', ['exec', '--interactive', container, 'python3', '-'], { input: script });
  return JSON.parse(stdout);
}
