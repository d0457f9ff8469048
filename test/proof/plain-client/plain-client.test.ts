import { Client, Connection, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { sharedInstance } from '../../support/instance-client.ts';
import { openPlane, type Plane } from '../../support/plane.ts';

/** What the Temporal UI and other services do: a type, an id of their own, a queue, one JSON object. Nothing of ours. */
describe('a client that knows nothing of Drydock but names', () => {
  let plane: Plane;
  let connection: Connection;
  let client: Client;
  let instance: string;
  let runs = 0;
  let set: string;

  beforeAll(async () => {
    plane = await openPlane(inject('plane'));
    instance = (await sharedInstance(plane)).name;
    connection = await Connection.connect({ address: plane.embedded.address });
    client = new Client({ connection, namespace: 'drydock' });
  });
  afterAll(async () => {
    await connection.close();
    await plane.close();
  });

  const start = (type: string, ...args: unknown[]): Promise<WorkflowHandle> =>
    client.workflow.start(type, { taskQueue: 'drydock', workflowId: `by hand ${++runs}: ${type}`, args });
  const resultOf = async (type: string, ...args: unknown[]) => (await start(type, ...args)).result();
  const failureOf = async (type: string, ...args: unknown[]): Promise<{ type: string; message: string }> => {
    const handle = await start(type, ...args);
    const error = await handle.result().catch((problem: unknown) => problem);
    expect(error).toBeInstanceOf(WorkflowFailedError);
    const { status } = await handle.describe();
    expect(status.name).toBe('FAILED');
    const { cause } = error as WorkflowFailedError;
    return { type: (cause as { type?: string }).type ?? '', message: cause?.message ?? '' };
  };
  const detailsOf = async (handle: WorkflowHandle): Promise<string> => {
    const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
    return metadata.currentDetails ?? '';
  };

  test('starts a backup with one field, and sees its story while it runs and afterwards', async () => {
    const handle = await start('backup', { instance });
    await expect
      .poll(() => handle.query<{ steps: unknown[] }>('progress').then(({ steps }) => steps.length), { timeout: 60_000 })
      .toBeGreaterThan(0);
    ({ set } = (await handle.result()) as { set: string });
    expect(await handle.query('progress')).toMatchObject({ procedure: 'backup', instance, phase: 'done' });
    const details = await detailsOf(handle);
    expect(details).toContain(`## backup of ${instance}`);
    expect(details).toContain('capture store graph');
    const { searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({ DrydockInstance: [instance], DrydockSet: [set] });
    expect(await detailsOf(client.workflow.getHandle(`instance/${instance}`))).toContain(set);
  });

  test('starts every other procedure that leaves the instance as it is', async () => {
    const listed = (await resultOf('sets', { instance })) as { sets: { set: string }[] };
    expect(listed.sets[0]?.set).toBe(set);
    expect(await resultOf('set', { set })).toMatchObject({ manifest: { instance } });
    expect(await resultOf('blueprints')).toEqual(
      expect.objectContaining({ blueprints: expect.arrayContaining(['osmose@1.0.0']) }),
    );
    expect(await resultOf('verify', { set })).toMatchObject({ procedure: 'verify', set });
    expect(await resultOf('verify', { instance })).toMatchObject({ procedure: 'verify', instance });
    expect(await resultOf('readOnly', { instance, state: 'on' })).toMatchObject({ mode: 'read-only' });
    expect(await resultOf('readOnly', { instance, state: 'off' })).toMatchObject({ mode: 'open' });
  });

  test('restores in place', async () => {
    const request = { instance, confirm: instance, skipSafetySet: 'one was just made', graceHours: 0 };
    expect(await resultOf('restore', request)).toMatchObject({ procedure: 'restore', instance, set });
  });

  const refusals: [what: string, type: string, input: () => unknown[], code: string, sentence: RegExp][] = [
    ['nothing', 'backup', () => [], 'invalid-input', /the input: expected object/],
    ['an empty object', 'backup', () => [{}], 'invalid-input', /instance: expected string, nothing was given/],
    ['a misspelt key', 'backup', () => [{ instanse: instance }], 'invalid-input', /instanse: there is no such field/],
    ['a wrong type', 'backup', () => [{ instance: 7 }], 'invalid-input', /instance: expected string/],
    ['text', 'backup', () => [instance], 'invalid-input', /the input: expected object/],
    ['a name that cannot be one', 'backup', () => [{ instance: 'Über' }], 'invalid-input', /must be 2–31 characters/],
    ['an unknown instance', 'backup', () => [{ instance: 'nobody' }], 'not-found', /no instance nobody/],
    ['an unknown instance', 'restore', () => [{ instance: 'nobody', confirm: 'nobody' }], 'not-found', /no instance/],
    ['an unknown instance', 'verify', () => [{ instance: 'nobody' }], 'not-found', /no instance nobody/],
    ['an unknown instance', 'readOnly', () => [{ instance: 'nobody', state: 'on' }], 'not-found', /no instance nobody/],
    ['an unknown instance', 'decommission', () => [{ instance: 'nobody', confirm: 'nobody' }], 'not-found', /no inst/],
    ['an unknown state', 'readOnly', () => [{ instance, state: 'maybe' }], 'invalid-input', /state: /],
    ['no state', 'readOnly', () => [{ instance }], 'invalid-input', /state: /],
    ['an unknown set', 'set', () => [{ set: '20200101T000000Z-00000000' }], 'not-found', /no instance has this set/],
    ['a set id that is none', 'set', () => [{ set: 'yesterday' }], 'invalid-input', /must be a set id/],
    ['no instance', 'sets', () => [{}], 'invalid-input', /instance: /],
    ['neither instance nor set', 'verify', () => [{}], 'invalid-input', /name an instance, or a set/],
    ['no confirmation', 'restore', () => [{ instance }], 'not-confirmed', /nothing was typed/],
    ['another confirmation', 'restore', () => [{ instance, confirm: 'x' }], 'not-confirmed', /“x” was typed/],
    ['no confirmation', 'decommission', () => [{ instance }], 'not-confirmed', /needs its name as confirmation/],
    [
      'an unknown host',
      'provision',
      () => [provision({ host: 'moon' })],
      'not-found',
      /no worker of this host is connected/,
    ],
    [
      'a blueprint without version',
      'provision',
      () => [provision({ blueprint: 'osmose' })],
      'invalid-input',
      /such as/,
    ],
    [
      'an unknown blueprint',
      'provision',
      () => [provision({ blueprint: 'osmose@9.9.9' })],
      'not-found',
      /never pushed/,
    ],
    ['an empty blueprint', 'blueprint', () => [{ files: {} }], 'invalid-input', /blueprint\.yaml/],
    ['an unknown key', 'blueprints', () => [{ all: true }], 'invalid-input', /all: there is no such field/],
  ];
  const provision = (changes: object) => ({ instance: plane.instance('never'), blueprint: 'osmose@1.0.0', ...changes });

  test.each(refusals)('%s given to %s closes the run with the sentence', async (_, type, input, code, sentence) => {
    const failure = await failureOf(type, ...input());
    expect(failure.message).toMatch(sentence);
    expect(failure.type).toBe(code);
  });

  test('a run that was refused still answers `progress`, and its details say why', async () => {
    const handle = await start('backup', { instance: 'nobody' });
    await handle.result().catch(() => {});
    expect(await handle.query('progress')).toMatchObject({ phase: 'failed' });
    expect(await detailsOf(handle)).toContain('no instance nobody');
  });
});
