import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createCompose } from '../../src/drivers/compose/compose-cli.ts';
import { createContainerRuntime } from '../../src/drivers/docker/engine.ts';
import { createFakeCompose } from '../support/fakes/compose.ts';
import { createFakeContainerRuntime } from '../support/fakes/container-runtime.ts';
import { describeCompose } from './compose.suite.ts';

const socketPath = '/var/run/docker.sock';

describeCompose('fake', () => {
  const runtime = createFakeContainerRuntime();
  return { compose: createFakeCompose(runtime), runtime, cleanUp: async () => {} };
});

describeCompose('docker compose', () => ({
  compose: createCompose({ socketPath }),
  runtime: createContainerRuntime({ socketPath }),
  cleanUp: async (volume) => {
    await new Docker({ socketPath }).getVolume(volume).remove();
  },
}));

describe('docker compose', () => {
  const compose = createCompose({ socketPath });
  const project = async (files: Record<string, string>) => {
    const directory = await mkdtemp(join(tmpdir(), 'ddt-compose-'));
    onTestFinished(() => rm(directory, { recursive: true }));
    for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
    return { name: `ddt-compose-${process.pid}`, labels: {}, directory };
  };

  test('a model that is not resolved is as it was written, with anchors and defaults filled in', async () => {
    const file = `
x-logging: &logging { driver: json-file }
services:
  app:
    image: \${IMAGE:-app:1}
    logging: *logging
    command: ["echo", "a$$b", "\${PASSWORD:?set it}"]
    env_file: [.env]
    ports: ["\${PORT}:8000"]
    volumes: ["./data:/data:ro"]
    depends_on: [store]
    deploy: { resources: { limits: { memory: "\${MEMORY}", cpus: "0.5" } } }
  store: { image: store, profiles: [extra] }
`;
    const model = await compose.config(await project({ 'docker-compose.yml': file }), { interpolated: false });
    expect(model.services['store']).toMatchObject({ image: 'store', networks: { default: null } });
    expect(model.services['app']).toMatchObject({
      image: '${IMAGE:-app:1}',
      logging: { driver: 'json-file' },
      command: ['echo', 'a$$b', '${PASSWORD:?set it}'],
      env_file: [{ path: '.env', required: true }],
      ports: ['${PORT}:8000'],
      volumes: [{ type: 'bind', source: './data', target: '/data', read_only: true }],
      depends_on: { store: { condition: 'service_started', required: true } },
      deploy: { resources: { limits: { memory: '${MEMORY}', cpus: '0.5' } } },
    });
  });

  test('our own environment never takes the place of the project file', async () => {
    process.env['IMAGE'] = 'ours';
    onTestFinished(() => {
      delete process.env['IMAGE'];
    });
    const files = { 'docker-compose.yml': 'services: { app: { image: "${IMAGE}" } }', '.env': 'IMAGE=theirs\n' };
    const model = await compose.config(await project(files), { interpolated: true });
    expect(model.services['app']?.image).toBe('theirs');
  });

  test('a mistake in the file is reported in the words of Compose, without secrets', async () => {
    const at = await project({
      'docker-compose.yml': 'services: { app: { image: x, ports: ["${API_KEY}:1"] } }',
      '.env': 'API_KEY=hunter2hunter2\n',
    });
    const failure = await compose.up(at, { timeoutSeconds: 5 }).catch((error) => error);
    expect(failure).toMatchObject({ code: 'tool-failed' });
    expect(failure.message).toContain('***');
    expect(failure.message).not.toContain('hunter2');
  });

  test('an image that cannot be had is a failed tool, not an unhealthy service', async () => {
    const at = await project({ 'docker-compose.yml': 'services: { app: { image: "drydock/no-such:0" } }', '.env': '' });
    onTestFinished(() => compose.down(at));
    await expect(compose.up(at, { timeoutSeconds: 5 })).rejects.toMatchObject({ code: 'tool-failed' });
  });

  test.each([
    ['ends at once, also when it ends well,', 'true', 'Exited (0)'],
    ['has no such program', 'no-such-program', 'Created'],
  ])('a service that %s is unhealthy', async (_, program, state) => {
    const check = 'healthcheck: { test: [CMD, "true"], interval: 60s }';
    const image = `image: "drydock/python:3.11.2", command: ["${program}"]`;
    const at = await project({ 'docker-compose.yml': `services: { app: { ${image}, ${check} } }`, '.env': '' });
    onTestFinished(() => compose.down(at));
    const failure = await compose.up(at, { timeoutSeconds: 30 }).catch((error) => error);
    expect(failure).toMatchObject({
      code: 'unhealthy',
      problems: [expect.stringContaining(state), expect.anything()],
    });
  });

  test.each([
    ['down', 'that was made once'],
    ['down', 'that was made anew'],
    ['remove', 'that was made once'],
    ['remove', 'that was made anew'],
  ] as const)('%s takes the volumes of a container %s along that have no name', async (how, made) => {
    const docker = new Docker({ socketPath });
    // The image declares a volume that nobody mounts here.
    const redis = 'image: "drydock/redis:7.0.15", entrypoint: [sleep, "1000"], stop_grace_period: 0s';
    const write = (more: string) => `services: { app: { ${redis}${more} } }`;
    const at = await project({ 'docker-compose.yml': write(''), '.env': '' });
    onTestFinished(() => compose.down(at));
    const volumeOfApp = async () => {
      await compose.up(at, { timeoutSeconds: 30 });
      const { Mounts } = await docker.getContainer(`${at.name}-app-1`).inspect();
      return Mounts.flatMap((mount) => mount.Name ?? []).join();
    };
    const name = await volumeOfApp();
    expect(name).toMatch(/^[0-9a-f]{64}$/);
    if (made === 'that was made anew') {
      await writeFile(join(at.directory, 'docker-compose.yml'), write(', labels: { made: anew }'));
      expect(await volumeOfApp()).toBe(name);
    }
    if (how === 'down') await compose.down(at);
    else await compose.remove(at, ['app']);
    await expect(docker.getVolume(name).inspect()).rejects.toMatchObject({ statusCode: 404 });
  });

  test('an aborted up throws the reason', async () => {
    const at = await project({
      'docker-compose.yml':
        'services: { app: { image: "drydock/python:3.11.2", command: [sleep, "1000"], init: true, labels: { drydock.test: compose }, healthcheck: { test: [CMD, "false"], interval: 60s } } }',
      '.env': '',
    });
    onTestFinished(() => compose.down(at));
    const reason = new Error('cancelled');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 1500);
    await expect(compose.up(at, { timeoutSeconds: 60 }, abort.signal)).rejects.toBe(reason);
  });
});
