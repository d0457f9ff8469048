import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Notifier } from '../../src/drivers/notifier/notifier.ts';
import { createWebhookNotifier } from '../../src/drivers/notifier/webhook.ts';
import { createFakeNotifier } from '../support/fakes/notifier.ts';

const message = {
  event: 'upgrade-begins',
  instance: 'pharma',
  at: '2026-11-22T02:00:00.000Z',
  text: 'begins',
  details: { a: 1 },
};
const token = 'token-of-the-webhook';

let server: Server;
let status = 200;
const received: unknown[] = [];
const secret = (path: string) => ({
  reveal: () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`,
});

beforeAll(async () => {
  server = createServer(async (request, response) => {
    received.push(JSON.parse(await text(request)));
    response.writeHead(status).end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

interface Bench {
  notifier: Notifier;
  told(): unknown[];
  refuse(): void;
}
const fake = createFakeNotifier();
const benches: Record<string, () => Bench> = {
  fake: () => ({
    notifier: fake,
    told: () => fake.told,
    refuse: () => {
      fake.listening = 'no';
    },
  }),
  webhook: () => ({
    notifier: createWebhookNotifier(secret(token)),
    told: () => received,
    refuse: () => {
      status = 503;
    },
  }),
};

describe.for(Object.entries(benches))('notifier: %s', ([, make]) => {
  test('tells the whole message, as often as it is asked to', async () => {
    const { notifier, told } = make();
    expect([await notifier.notify(message), await notifier.notify(message)]).toEqual(['sent', 'sent']);
    expect(told()).toEqual([message, message]);
  });

  test('says that it was refused, on which event, and not where', async () => {
    const { notifier, refuse } = make();
    refuse();
    const error = await notifier.notify(message).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'unavailable', message: expect.stringContaining('upgrade-begins of pharma') });
    expect(JSON.stringify(error) + String(error)).not.toContain(token);
  });
});

test('a webhook that is not there is unavailable, and nobody knows its address', async () => {
  const gone = createWebhookNotifier({ reveal: () => `http://127.0.0.1:1/${token}` });
  const error = await gone.notify(message).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'unavailable' });
  expect(JSON.stringify(error) + String(error) + String((error as Error).cause)).not.toContain(token);
});

test('without an address there is nobody to tell', async () => {
  expect(await createWebhookNotifier(undefined).notify(message)).toBe('nobody-to-tell');
});
