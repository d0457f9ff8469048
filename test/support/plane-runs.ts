import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { blueprintPush } from '../../src/client/blueprint-files.ts';
import { DrydockError, type RunHandle } from '../../src/client/index.ts';
import type { ProvisionRequest } from '../../src/contracts/provision.ts';
import type { UpgradeReport } from '../../src/contracts/upgrade.ts';
import { type InstanceClient, instanceClient } from './instance-client.ts';
import { osmose, type Plane } from './plane.ts';

/** Provisions an instance of that name, and of this plane, on its first host. */
export async function provisioned(
  plane: Plane,
  name: string,
  wishes: Partial<Pick<ProvisionRequest, 'tier' | 'variables'>> = {},
): Promise<InstanceClient> {
  const instance = plane.instance(name);
  await (await plane.operations.provision({ instance, blueprint: osmose, ...wishes })).result();
  return instanceClient(plane.embedded.home.instances, instance);
}

/** Removes an instance of which no last set is wanted. */
export async function decommissioned({ operations }: Plane, { name }: InstanceClient): Promise<void> {
  await (await operations.decommission({ instance: name, confirm: name, skipFinalSet: 'a test' })).result();
}

export async function pushBlueprint({ operations }: Plane, directory: string): Promise<void> {
  await (await operations.blueprint(blueprintPush(directory), 'osmose')).result();
}

/** Pushes a further version of the blueprint that is shipped. */
export async function pushVersion(plane: Plane, version: string): Promise<void> {
  await pushBlueprint(plane, fileURLToPath(new URL(`../../blueprints/osmose-${version}`, import.meta.url)));
}

/** The hash of the plan of an upgrade, as soon as the plan is made; the run shows the outcome. */
export function planToApprove(run: RunHandle<UpgradeReport>): Promise<string> {
  const plan = async () => (await run.observe()).progress?.plan;
  return vi.waitUntil(plan, { timeout: 300_000, interval: 500 });
}

/** Somebody reads the plan and approves it as soon as it is made. */
export async function approve(plane: Plane, instance: string, run: RunHandle<UpgradeReport>): Promise<void> {
  await plane.operations.approve(instance, { plan: await planToApprove(run), by: 'the test' });
}

/** Why a run failed, which must fail. */
export async function failureOf(run: RunHandle<unknown>): Promise<DrydockError> {
  const outcome = await run.result().catch((error: unknown) => error);
  if (outcome instanceof DrydockError) return outcome;
  throw new Error(`it did not fail as it should: ${JSON.stringify(outcome)}`, { cause: outcome });
}

/** The content with another bit in its middle. */
export function flipMiddle(content: Buffer): Buffer {
  const flipped = Buffer.from(content);
  const middle = Math.floor(content.length / 2);
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  return flipped;
}
