import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import Docker from 'dockerode';
import { describe, expect, test } from 'vitest';
import { demux } from '../../src/drivers/docker/demux.ts';
import { createContainerRuntime } from '../../src/drivers/docker/engine.ts';
import { createFakeContainerRuntime } from '../support/fakes/container-runtime.ts';
import { type Behaviour, commands, describeContainerRuntime } from './container-runtime.suite.ts';

const socketPath = '/var/run/docker.sock';
const image = 'drydock/python:3.11.2';
const testLabels = { 'drydock.test': 'docker' };

describeContainerRuntime('fake', () => {
  const runtime = createFakeContainerRuntime({
    images: [image],
    programs: {
      [commands.printAndFail.join(' ')]: () => ({ exitCode: 3, stdout: 'said\n', stderr: 'complained\n' }),
      [commands.fail.join(' ')]: () => ({ exitCode: 4, stderr: 'complained\n' }),
      [commands.print.join(' ')]: () => ({ stdout: 'hello' }),
      cat: ({ stdin }) => ({ stdout: stdin.toString() }),
      sleep: () => new Promise(() => {}),
    },
  });
  const views = {
    'keeps running': {},
    'becomes healthy': { health: 'healthy' },
    'becomes unhealthy': { health: 'unhealthy', log: 'last words' },
    'exits with 3': { state: 'exited', exitCode: 3 },
  } as const;
  return {
    runtime,
    image,
    place: async (name, labels, behaviour) => runtime.place(name, { ...views[behaviour], labels, image }),
    cleanUp: async () => {},
  };
});

describeContainerRuntime('docker engine', () => {
  const docker = new Docker({ socketPath });
  const placed: Docker.Container[] = [];
  const check = (command: string) => ({ Test: ['CMD-SHELL', command], Interval: 500_000_000, Retries: 2 });
  const options: Record<Behaviour, Docker.ContainerCreateOptions> = {
    'keeps running': { Cmd: ['sh', '-c', 'trap "exit 0" TERM; sleep 1000 & wait'] },
    'becomes healthy': { Cmd: ['sleep', '1000'], Healthcheck: check('true') },
    'becomes unhealthy': { Cmd: ['sh', '-c', 'echo last words; sleep 1000'], Healthcheck: check('false') },
    'exits with 3': { Cmd: ['sh', '-c', 'exit 3'] },
  };
  return {
    runtime: createContainerRuntime({ socketPath }),
    image,
    async place(name, labels, behaviour) {
      const container = await docker.createContainer({
        name,
        Image: image,
        Labels: labels,
        HostConfig: { Init: true },
        ...options[behaviour],
      });
      placed.push(container);
      await container.start();
    },
    async cleanUp() {
      // One may be gone already: the runtime replaced it.
      await Promise.all(placed.map((container) => container.remove({ force: true, v: true }).catch(() => {})));
    },
  };
});

describe('docker engine', () => {
  const runtime = createContainerRuntime({ socketPath });
  const job = (name: string, script: string) => ({
    name: `ddt-engine-${process.pid}-${name}`,
    image,
    command: ['sh', '-c', script],
    labels: testLabels,
  });

  test('a slow reader slows the container down instead of filling memory', async () => {
    let sizeBytes = 0;
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        sizeBytes += chunk.length;
        if (sizeBytes % (1024 * 1024) < chunk.length) setTimeout(done, 5);
        else done();
      },
    });
    const before = process.memoryUsage().rss;
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().rss);
    }, 20);
    await runtime.run({ ...job('slow', 'head -c 200000000 /dev/zero'), stdout: slow });
    clearInterval(watch);
    expect(sizeBytes).toBe(200_000_000);
    expect(peak - before).toBeLessThan(120 * 1024 * 1024);
  });

  test('a container that runs out of memory says so', async () => {
    const hungry = 'python3 -c "x = bytearray(300 * 1024 * 1024); print(sum(x))"';
    const result = await runtime.run({ ...job('hungry', hungry), memoryBytes: 64 * 1024 * 1024 });
    expect(result.oomKilled).toBe(true);
    expect(result.exitCode).not.toBe(0);
  });

  test('the host name of a one-off resolves at once, without a network', async () => {
    const result = await runtime.run(job('name', 'hostname -i; ls /sys/class/net'));
    expect(result.stdout).toBe('127.0.0.1\nlo\n');
  });

  test('a one-off may end before it has read its input', async () => {
    const endless = async function* () {
      for (;;) {
        yield Buffer.alloc(65_536);
        await delay(1);
      }
    };
    const result = await runtime.run({ ...job('early', 'head -c 3; exit 5'), stdin: Readable.from(endless()) });
    expect(result.exitCode).toBe(5);
  });

  test('a sink that fails is the failure', async () => {
    const full = new Writable({
      write: (_chunk, _encoding, done) => done(Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
    });
    const running = runtime.run({ ...job('full', 'head -c 100000000 /dev/zero'), stdout: full });
    await expect(running).rejects.toMatchObject({ code: 'no-space' });
  });

  test('a network is removed by its labels, and that of somebody else is left alone', async () => {
    const name = 'drydock-test-network';
    await new Docker({ socketPath }).createNetwork({ Name: name, Labels: testLabels });
    await expect(runtime.removeNetwork(name, { 'drydock.test': 'other' })).rejects.toMatchObject({ code: 'not-ours' });
    expect((await runtime.networks(testLabels)).map((network) => network.name)).toContain(name);
    await runtime.removeNetwork(name, testLabels);
    await runtime.removeNetwork(name, testLabels);
    expect(await runtime.networks(testLabels)).toEqual([]);
  });

  test('a name is taken off an image, which stays while it has another', async () => {
    const [repo, tag] = [`ddt-image-${process.pid}`, '1'];
    await new Docker({ socketPath }).getImage(image).tag({ repo, tag });
    expect(await runtime.image(`${repo}:${tag}`)).toBeDefined();
    for (const _ of [1, 2]) await runtime.removeImage(`${repo}:${tag}`);
    expect(await runtime.image(`${repo}:${tag}`)).toBeUndefined();
    expect(await runtime.image(image)).toBeDefined();
  });

  test('a one-off gets the share of the processors that it may have', async () => {
    const name = `ddt-engine-${process.pid}-share`;
    const running = runtime.run({ ...job('share', 'sleep 3'), processors: { cpus: 0.5, shares: 64 } });
    await expect.poll(() => runtime.container(name)).toMatchObject({ state: 'running' });
    const { HostConfig } = await new Docker({ socketPath }).getContainer(name).inspect();
    expect(HostConfig).toMatchObject({ NanoCpus: 500_000_000, CpuShares: 64 });
    await running;
  });

  test('an engine that does not answer is unavailable', async () => {
    const nobody = createContainerRuntime({ socketPath: '/nonexistent/docker.sock' });
    await expect(nobody.container('any')).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('the engine describes itself', async () => {
    const api = expect.stringMatching(/^1\.\d+$/);
    expect(await runtime.engine()).toMatchObject({ api, cpus: expect.any(Number), memoryBytes: expect.any(Number) });
  });
});

describe('demux', () => {
  test('frames are put together again however they were cut', async () => {
    const frame = (kind: number, body: string) => {
      const header = Buffer.alloc(8);
      header.writeUInt8(kind, 0);
      header.writeUInt32BE(Buffer.byteLength(body), 4);
      return Buffer.concat([header, Buffer.from(body)]);
    };
    const bytes = Buffer.concat([frame(1, 'out'), frame(2, 'problem'), frame(1, ''), frame(1, 'put')]);
    for (let cut = 1; cut <= bytes.length; cut += 1) {
      let stderr = '';
      const stream = demux((chunk) => {
        stderr += chunk.toString();
      });
      for (let at = 0; at < bytes.length; at += cut) stream.write(bytes.subarray(at, at + cut));
      stream.end();
      expect(Buffer.concat(await stream.toArray()).toString()).toBe('output');
      expect(stderr).toBe('problem');
    }
  });

  test('a stream that ends inside a frame is not taken for a whole one', async () => {
    const stream = demux(() => {});
    stream.end(Buffer.from([1, 0, 0, 0, 0, 0, 0, 9, 65]));
    await expect(stream.toArray()).rejects.toMatchObject({ code: 'unavailable' });
  });
});
