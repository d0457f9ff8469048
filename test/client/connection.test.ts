import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainCall } from '../../src/client/connection.ts';
import { stateOf } from '../../src/client/instances.ts';
import { readClientConfig } from '../../src/config.ts';
import { grpcCode, grpcErrorIn } from '../../src/service-errors.ts';

describe('calls to a Temporal that is not there', () => {
  let connection: Connection;
  let client: Client;
  beforeAll(() => {
    connection = Connection.lazy({ address: '127.0.0.1:1' });
    client = new Client({ connection });
  });
  afterAll(() => connection.close());

  async function failureOf(call: () => Promise<unknown>): Promise<unknown> {
    return client.withDeadline(Date.now() + 300, call).then(
      () => undefined,
      (error) => error,
    );
  }

  it('are told apart by the code in the client’s own error, which names only the call', async () => {
    const error = await failureOf(() => client.workflow.getHandle('any').describe());
    expect(error).toMatchObject({ name: 'ServiceError' });
    expect(grpcErrorIn(error)?.code).toBe(grpcCode.deadlineExceeded);
    expect(grpcErrorIn(new Error('no answer of a server'))).toBeUndefined();
  });

  it('say what was tried, where, and what to do', async () => {
    const error = await failureOf(() => client.workflow.getHandle('any').describe());
    expect(
      explainCall(error, 'look at any', readClientConfig({ DRYDOCK_TEMPORAL_ADDRESS: '127.0.0.1:1' })),
    ).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/^look at any: Temporal at 127\.0\.0\.1:1 says .*deadline/i),
      next: 'drydock up starts programs again that died on this machine',
    });
  });

  it('explain a state that nobody answers, once', async () => {
    const error = await failureOf(() => stateOf(client, 'pharma', 300));
    expect(error).toMatchObject({
      code: 'unavailable',
      message: 'look at instance pharma: no control worker answers',
    });
    expect(explainCall(error, 'look at instance pharma', readClientConfig({}))).toBe(error);
  });
});
