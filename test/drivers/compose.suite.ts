import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Compose, ComposeProject } from '../../src/drivers/compose/compose.ts';
import type { ContainerRuntime } from '../../src/drivers/docker/container-runtime.ts';

export const composeImage = 'drydock/python:3.11.2';
const password = 'correct-horse-battery';

export interface ComposeUnderTest {
  compose: Compose;
  /** Shows the effects of Compose. */
  runtime: ContainerRuntime;
  cleanUp(volume: string): Promise<void>;
}

export function describeCompose(title: string, make: () => ComposeUnderTest): void {
  describe(`compose: ${title}`, () => {
    const { compose, runtime, cleanUp } = make();
    const run = randomUUID().slice(0, 8);
    const labels = { 'drydock.test': run };
    const volume = `ddt-${run}-data`;
    const networks = { default: { labels } };
    let project: ComposeProject;

    const sleeping = 'trap "exit 0" TERM; sleep 1000 & wait';
    const service = (script: string, more: Record<string, unknown> = {}) => ({
      image: composeImage,
      command: ['sh', '-c', script.replaceAll('$', () => '$$')],
      labels,
      ...more,
    });
    const sick = { healthcheck: { test: ['CMD', 'false'], interval: '1s', retries: 2 } };
    const services = {
      store: service(sleeping, { volumes: ['data:/data'], environment: { PASSWORD: '${PASSWORD}' } }),
      app: service(sleeping, { depends_on: ['store'] }),
      sick: service(`echo I am sick with ${password}; sleep 1000`, { ...sick, labels: { ...labels, health: 'sick' } }),
    };
    const write = (which: Partial<typeof services>) =>
      writeFile(
        join(project.directory, 'docker-compose.yml'),
        stringify({ services: which, networks, volumes: { data: { external: true, name: volume } } }),
      );
    const states = async () => {
      const found = await runtime.containers(labels);
      return Object.fromEntries(found.map((view) => [view.labels['com.docker.compose.service'], view.state]));
    };

    beforeAll(async () => {
      project = { name: `ddt-${run}`, labels, directory: await mkdtemp(join(tmpdir(), 'ddt-compose-')) };
      await writeFile(join(project.directory, '.env'), `PASSWORD=${password}\n`);
      await runtime.createVolume(volume, labels);
    });
    afterAll(async () => {
      await compose.down(project);
      await cleanUp(volume);
      await rm(project.directory, { recursive: true });
    });

    test('the model keeps its variables, or resolves them from the given file', async () => {
      await write(services);
      const model = await compose.config(project, { interpolated: false });
      expect(Object.keys(model.services).sort()).toEqual(['app', 'sick', 'store']);
      expect(JSON.stringify(model)).not.toContain(`"${password}"`);
      expect(model.services['store']?.volumes).toMatchObject([{ type: 'volume', source: 'data', target: '/data' }]);
      const resolved = await compose.config(project, { interpolated: true });
      expect(resolved.services['store']?.['environment']).toEqual({ PASSWORD: password });
    });

    test('up starts what is asked for and what that needs, and repeating it changes nothing', async () => {
      await compose.up(project, { services: ['app'], timeoutSeconds: 60 });
      const before = await runtime.containers(labels);
      await compose.up(project, { services: ['app'], timeoutSeconds: 60 });
      expect(await states()).toEqual({ app: 'running', store: 'running' });
      expect((await runtime.containers(labels)).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    });

    test('up that waits in vain names the service and what it said, without secrets', async () => {
      const failure = await compose.up(project, { services: ['sick'], timeoutSeconds: 30 }).catch((error) => error);
      expect(failure).toMatchObject({
        code: 'unhealthy',
        problems: expect.arrayContaining([expect.stringContaining('I am sick')]),
      });
      expect(failure.problems[0]).toMatch(/^sick /);
      expect(failure.problems.join()).not.toContain(password);
      await compose.remove(project, ['sick']);
    });

    test('up can leave it to a later one to wait for health, which then starts nothing twice', async () => {
      await compose.up(project, { services: ['sick'], timeoutSeconds: 30, until: 'started' });
      const sick = async () => (await runtime.containers(labels)).find(({ name }) => name.includes('sick'));
      const before = await sick();
      expect(before?.state).toBe('running');
      const waiting = compose.up(project, { services: ['sick'], timeoutSeconds: 30, deps: 'without' });
      await expect(waiting).rejects.toMatchObject({ code: 'unhealthy' });
      expect((await sick())?.id).toBe(before?.id);
      await compose.remove(project, ['sick']);
    });

    test('a command runs in a container of its own, which is gone afterwards, also when it failed', async () => {
      const before = (await runtime.containers({ 'com.docker.compose.project': project.name })).length;
      await compose.run(project, { service: 'store', command: ['true'] });
      await compose.run(project, { service: 'store', command: ['true'] });
      const failing = compose.run(project, { service: 'store', command: ['false'] });
      await expect(failing).rejects.toMatchObject({ code: 'tool-failed' });
      expect((await runtime.containers({ 'com.docker.compose.project': project.name })).length).toBe(before);
    });

    test('another file of the project starts its own services, and leaves what they need as it is', async () => {
      await write({ store: services.store });
      const store = (await runtime.containers(labels)).find(({ name }) => name.includes('store'))?.id;
      const changed = { ...services.store, environment: { PASSWORD: 'another one' } };
      const beside = { app: services.app, store: changed };
      await mkdir(join(project.directory, 'beside'), { recursive: true });
      const document = { services: beside, networks, volumes: { data: { external: true, name: volume } } };
      await writeFile(join(project.directory, 'beside/compose.yml'), stringify(document));
      await writeFile(join(project.directory, 'beside/.env'), 'PASSWORD=beside\n');
      const other = { ...project, file: 'beside/compose.yml', envFile: 'beside/.env' };
      for (const _ of ['once', 'twice']) {
        await compose.up(other, { services: ['app'], timeoutSeconds: 60, deps: 'without' });
      }
      expect(await states()).toEqual({ app: 'running', store: 'running' });
      expect((await runtime.containers(labels)).find(({ name }) => name.includes('store'))?.id).toBe(store);
      await write(services);
    });

    test('services stop as often as asked, also when they are not there', async () => {
      await compose.stop(project, ['app', 'absent']);
      await compose.stop(project, ['app', 'absent']);
      expect(await states()).toEqual({ app: 'exited', store: 'running' });
    });

    test('a service that the file no longer names can still be removed, and nothing else goes with it', async () => {
      await write({ store: services.store });
      await compose.remove(project, ['app']);
      await compose.remove(project, ['app']);
      await compose.stop(project, ['app']);
      expect(await states()).toEqual({ store: 'running' });
    });

    test.each<[verb: string, act: (other: ComposeProject) => Promise<void>]>([
      ['bring up', (other) => compose.up(other, { timeoutSeconds: 60 })],
      ['run a command in', (other) => compose.run(other, { service: 'store', command: ['true'] })],
      ['stop services of', (other) => compose.stop(other, ['store'])],
      ['remove services of', (other) => compose.remove(other, ['store'])],
      ['take down', (other) => compose.down(other)],
    ])('who cannot prove that a project is theirs may not %s it, and is told what is in it', async (_, act) => {
      const before = await runtime.containers(labels);
      expect(before.map(({ state }) => state)).toEqual(['running']);
      const failure = await act({ ...project, labels: { 'drydock.test': 'somebody else' } }).catch((error) => error);
      expect(failure).toMatchObject({
        code: 'not-ours',
        problems: expect.arrayContaining([`container ${before[0]?.name}`]),
      });
      expect(await runtime.containers(labels)).toEqual(before);
    });

    test('down removes every container, needs no file and leaves volumes', async () => {
      await rm(join(project.directory, 'docker-compose.yml'));
      await compose.down(project);
      await compose.down(project);
      expect(await states()).toEqual({});
      expect(await runtime.volume(volume)).toBeDefined();
    });
  });
}
