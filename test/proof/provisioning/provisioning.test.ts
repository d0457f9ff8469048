import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { parseEnv } from '../../../src/model/instance/env-file.ts';
import { harnessHost } from '../../support/harness-host.ts';
import { sharedInstance } from '../../support/instance-client.ts';
import { openPlane, osmose, type Plane } from '../../support/plane.ts';
import { failureOf } from '../../support/plane-runs.ts';
import { isFree } from '../../support/ports.ts';
import { containerIds, nothing, remainsOf } from '../../support/world.ts';

describe('provisioning that cannot succeed', () => {
  let plane: Plane;
  let instance: string;
  let root: string;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    instance = plane.instance('never');
    root = plane.embedded.home.instances;
  });
  afterAll(() => plane.close());

  interface Wishes {
    instance?: string;
    blueprint?: string;
    variables?: Record<string, string>;
    host?: string;
  }
  const failure = async (wishes: Wishes) =>
    failureOf(await plane.operations.provision({ instance, blueprint: osmose, ...wishes }));
  const expectNothingLeft = async (at: string = root) => {
    expect(await remainsOf(instance)).toEqual(nothing);
    expect(existsSync(join(at, instance))).toBe(false);
    expect((await plane.operations.instances()).map((view) => view.instance)).not.toContain(instance);
  };

  test('a name that is taken is refused, and its owner is untouched', async () => {
    const { name } = await sharedInstance(plane);
    const ids = await containerIds(name);
    const error = await failure({ instance: name });
    expect(['already-exists', 'refused']).toContain(error.code);
    expect(`${error.message} ${error.problems.join(' ')}`).toMatch(/already has|exists on/);
    expect(await containerIds(name)).toEqual(ids);
  });

  test('a port that is taken is refused with the name of who holds it', async () => {
    await using listener = await listen();
    const error = await failure({ variables: { APP_PORT: String(listener.port) } });
    expect(error).toMatchObject({
      code: 'refused',
      problems: [expect.stringMatching(`port ${listener.port} \\(APP_PORT\\) is taken by .*pid ${process.pid}`)],
    });
    await expectNothingLeft();
  });

  test('a port of another instance is refused with its name', async () => {
    const { name } = await sharedInstance(plane);
    const { facts } = await plane.operations.instance(name);
    const port = new URL(facts.addresses['app'] ?? '').port;
    const error = await failure({ variables: { FRONTEND_PORT: port } });
    expect(error).toMatchObject({ code: 'refused', problems: [expect.stringContaining(`instance ${name}`)] });
  });

  test('more memory than the host has left is refused with the sums', async () => {
    const error = await failure({ variables: { NEO4J_MEMORY: '500g' } });
    expect(error).toMatchObject({
      code: 'refused',
      problems: [expect.stringMatching(/^needs 50\d\.\d GiB of memory; host h1 has .* left of /)],
    });
    await expectNothingLeft();
  });

  test('a reserve that leaves nothing is refused', async () => {
    const host = harnessHost(plane, 'full');
    const reserve = { DRYDOCK_MEMORY_RESERVE_BYTES: String(2 ** 50) };
    const error = await host.serving(() => failure({ host: host.name }), reserve);
    expect(error).toMatchObject({ code: 'refused', problems: [expect.stringContaining('1024.0 TiB reserved')] });
    await expectNothingLeft(host.root);
  });

  test('everything that is wrong is said at once', async () => {
    await using listener = await listen();
    const error = await failure({
      variables: {
        APP_PORT: String(listener.port),
        FRONTEND_PORT: 'eighty',
        NEO4J_PASWORD: 'x',
        NEO4J_PASSWORD: 'hunter2',
        OPENAI_API_KEY: 'secret:nowhere',
        NEO4J_MEMORY: '500g',
      },
    });
    expect(error.code).toBe('refused');
    const problems = error.problems.join('\n');
    expect(problems).toContain(`port ${listener.port}`);
    expect(problems).toContain('FRONTEND_PORT=eighty is not a port');
    expect(problems).toContain('NEO4J_PASWORD is not a variable of osmose@1.0.0');
    expect(problems).toContain('NEO4J_PASSWORD is a secret and cannot be given as a value');
    expect(problems).toContain('the host has no secret file nowhere');
    expect(problems).toMatch(/needs 50\d\.\d GiB/);
    expect(error.problems).toHaveLength(6);
    expect(problems).not.toContain('hunter2');
    await expectNothingLeft();
  });

  test('an unknown blueprint is refused with those there are', async () => {
    expect(await failure({ blueprint: 'osmose@9.9.9' })).toMatchObject({
      code: 'not-found',
      next: expect.stringContaining(osmose),
    });
    await expectNothingLeft();
  });

  test('an application that never becomes healthy is taken away again: no container, network, volume, directory or port', async () => {
    const port = plane.embedded.config.ports.objectStore + 200;
    // A proxy without its configuration ends at once.
    const { directory } = await sharedInstance(plane);
    const image = parseEnv(readFileSync(join(directory, '.env'), 'utf8'))['HAPROXY_IMAGE'] ?? '';
    const error = await failure({ variables: { APP_PORT: String(port), APP_IMAGE: image } });
    expect(error.code).toBe('unhealthy');
    expect(error.message).toContain('undone: ');
    expect(error.message).not.toContain('left behind');
    expect(error.problems.join('\n')).toContain('app-blue');
    await expectNothingLeft();
    expect(await isFree(port)).toBe(true);
  });
});

interface Listener extends AsyncDisposable {
  port: number;
}

async function listen(): Promise<Listener> {
  const server: Server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
