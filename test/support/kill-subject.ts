import { expect } from 'vitest';
import { type HarnessHost, harnessHost } from './harness-host.ts';
import { type Contents, documentsOf, type InstanceClient, instanceClient, plantNotes } from './instance-client.ts';
import { isKnown, osmose, type Plane, portsOfInstance } from './plane.ts';
import { containerStates, openUploads, servingContainers, stagingOf } from './world.ts';

/** An instance with documents on a host of its own, and its expected contents. */
export interface Subject {
  plane: Plane;
  host: HarnessHost;
  instance: InstanceClient;
  contents: Contents;
}

/** Provisions the instance with documents and one set; a further test of the same plane uses the same instance. */
export async function subject(plane: Plane, host: string, slot: number): Promise<Subject> {
  const harness = harnessHost(plane, host);
  const subjectOf = async (instance: InstanceClient): Promise<Subject> => {
    return { plane, host: harness, instance, contents: await instance.contents() };
  };
  return harness.serving(async () => {
    const name = plane.instance(host);
    if (await isKnown(plane, name)) return subjectOf(await instanceClient(harness.root, name));
    const variables = { TENANT_ID: host, ...portsOfInstance(plane, slot) };
    const run = await plane.operations.provision({ instance: name, blueprint: osmose, host, variables });
    await run.result();
    const instance = await instanceClient(harness.root, name);
    await instance.ingest(documentsOf(slot === 0 ? 'pharma' : 'sap'));
    await plantNotes(instance, `of ${name}`);
    // The set that every restore brings back.
    await (await plane.operations.backup({ instance: name })).result();
    return subjectOf(instance);
  });
}

/** The instance serves in that colour, holds the expected contents, and nothing of the procedure is left. */
export async function expectUntouched(
  { plane, host, instance, contents }: Subject,
  colour: 'blue' | 'green' = 'blue',
): Promise<void> {
  // The release before an upgrade, or after a way back, is kept stopped.
  const states = Object.entries(await containerStates(instance.name)).filter(
    ([, state]) => !state.startsWith('exited'),
  );
  const serving = Object.entries(servingContainers).map(([name, state]) => [
    name.replace('-blue-', `-${colour}-`),
    state,
  ]);
  expect(Object.fromEntries(states)).toEqual(Object.fromEntries(serving));
  expect(await instance.writeStatus()).toBe(200);
  expect(await instance.contents()).toEqual(contents);
  expect(await stagingOf(host.root, instance.name)).toEqual([]);
  expect(await openUploads(plane, instance.name)).toEqual([]);
}
