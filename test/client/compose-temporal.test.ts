import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { searchAttributes } from '../../src/contracts/queues.ts';

const file = fileURLToPath(new URL('../../docker-compose.temporal.yml', import.meta.url));
const secrets = { TEMPORAL_POSTGRES_PASSWORD: 'a', S3_ACCESS_KEY: 'b', S3_SECRET_KEY: 'c' };

function config(env: Record<string, string>) {
  return execa('docker', ['compose', '--file', file, 'config', '--format', 'json'], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    extendEnv: false,
    reject: false,
  });
}

const compose = await execa('docker', ['compose', 'version'], { reject: false });

describe.skipIf(compose.failed)('docker-compose.temporal.yml', () => {
  it('is accepted by Compose, pins every image, and publishes on loopback only', async () => {
    const { stdout, failed } = await config(secrets);
    expect(failed).toBe(false);
    const services = Object.values(
      JSON.parse(stdout).services as Record<string, { image: string; ports?: { host_ip?: string }[] }>,
    );
    for (const { image } of services) expect(image).toMatch(/:v?\d+\.\d+/);
    for (const { host_ip } of services.flatMap((service) => service.ports ?? [])) expect(host_ip).toBe('127.0.0.1');
  });

  it('registers the search attributes of the contracts', async () => {
    const { stdout } = await config(secrets);
    const script = String(JSON.parse(stdout).services.namespace.command);
    for (const name of searchAttributes) expect(script).toContain(name);
  });

  it('refuses to begin without passwords', async () => {
    expect((await config({})).failed).toBe(true);
  });
});
