import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readClientConfig, readControlConfig, readHostConfig, Secret } from '../../src/config.ts';
import { DrydockError } from '../../src/errors.ts';

const control = {
  DRYDOCK_S3_REGION: 'us-east-1',
  DRYDOCK_S3_BUCKET: 'drydock',
  DRYDOCK_S3_ACCESS_KEY_ID: 'key',
  DRYDOCK_S3_SECRET_ACCESS_KEY: 'hush',
};
const host = {
  ...control,
  DRYDOCK_HOST: 'h1',
  DRYDOCK_ROOT: '/srv/drydock',
  DRYDOCK_AGE_RECIPIENTS: 'age1abc,age1def',
};

function problemsOf(read: () => unknown): readonly string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof DrydockError) return error.problems;
  }
  return [];
}

describe('the configuration', () => {
  it('needs nothing for the command', () => {
    expect(readClientConfig({})).toMatchObject({ address: '127.0.0.1:7233', namespace: 'drydock', tls: undefined });
  });

  it('turns TLS on as soon as one of its files is named', () => {
    expect(readClientConfig({ TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/ca.pem' }).tls?.serverCaFile).toBe('/ca.pem');
    expect(readClientConfig({ TEMPORAL_TLS: 'false', TEMPORAL_TLS_SERVER_NAME: 'x' }).tls).toBeUndefined();
  });

  it('fills in what a worker may leave out', () => {
    expect(readControlConfig(control).objectStore.prefix).toBe('drydock');
    expect(readHostConfig(host)).toMatchObject({
      dockerSocket: '/var/run/docker.sock',
      ageRecipients: ['age1abc', 'age1def'],
      memoryReserveBytes: 1024 ** 3,
    });
  });

  it('reports every problem together, each with the name of its variable', () => {
    const problems = problemsOf(() =>
      readHostConfig({ DRYDOCK_TEMPORAL_ADDRESS: 'nowhere', DRYDOCK_HOST: 'H 1', DRYDOCK_S3_REGION: '' }),
    );
    const names = problems.map((problem) => problem.split(':')[0]);
    expect(names.toSorted()).toEqual([
      'DRYDOCK_AGE_RECIPIENTS',
      'DRYDOCK_HOST',
      'DRYDOCK_ROOT',
      'DRYDOCK_S3_ACCESS_KEY_ID',
      'DRYDOCK_S3_BUCKET',
      'DRYDOCK_S3_REGION',
      'DRYDOCK_S3_SECRET_ACCESS_KEY',
      'DRYDOCK_TEMPORAL_ADDRESS',
    ]);
  });

  it('refuses a misspelt variable', () => {
    expect(problemsOf(() => readControlConfig({ ...control, DRYDOCK_S3_BUKET: 'x' }))).toEqual([
      'DRYDOCK_S3_BUKET: is not a variable of Drydock',
    ]);
  });

  it.each([
    ['neither recipients nor off', { ...host, DRYDOCK_AGE_RECIPIENTS: '' }, 1],
    ['both', { ...host, DRYDOCK_ENCRYPTION: 'off' }, 1],
    ['off, said by name', { ...host, DRYDOCK_AGE_RECIPIENTS: '', DRYDOCK_ENCRYPTION: 'off' }, 0],
  ])('decides about encryption only when told: %s', (_, env, count) => {
    expect(problemsOf(() => readHostConfig(env))).toHaveLength(count);
  });
});

describe('a secret', () => {
  const secret = new Secret('hush');

  it('never shows itself', () => {
    const shown = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret }, { showHidden: true })];
    expect(shown.join()).not.toContain('hush');
    expect(inspect(readControlConfig(control), { depth: 9 })).not.toContain('hush');
  });

  it('is there for who asks by name', () => {
    expect(secret.reveal()).toBe('hush');
  });
});
