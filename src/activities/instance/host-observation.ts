import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ComposeModel } from '../../drivers/compose/compose.ts';
import type { BlueprintFiles } from '../../model/check/check-blueprint.ts';
import { memoryBudget } from '../../model/instance/budget.ts';
import { fillTemplate, parseEnv } from '../../model/instance/env-file.ts';
import { nameLabels } from '../../model/instance/labels.ts';
import type { HostObservation } from '../../model/instance/plan-provision.ts';
import { leftovers } from './directories.ts';
import type { HostDrivers } from './host-drivers.ts';
import { type LocalInstance, openInstance } from './instances.ts';
import { resolvedModel } from './rendering.ts';

/** What a host shows before anything is made there. Only reads. */
export async function observeHost(drivers: HostDrivers, instance: string): Promise<HostObservation> {
  const { directories, machine, settings } = drivers;
  await mkdir(directories.root, { recursive: true });
  const found = await leftovers(drivers, instance, nameLabels(instance));
  return {
    host: drivers.host,
    portsInUse: await portsInUse(drivers),
    directoryExists: await directories.exists(instance),
    leftovers: found.filter((what) => !what.startsWith('directory ')),
    memoryBytes: machine.memoryBytes(),
    memoryReserveBytes: settings.memoryReserveBytes,
    memoryPromisedBytes: await promisedMemory(drivers),
    diskFreeBytes: await machine.diskFreeBytes(directories.root),
    hostVariables: settings.variables,
    secretFiles: settings.secretsDirectory === undefined ? [] : await readdir(settings.secretsDirectory),
  };
}

/** Ports of other instances (also stopped ones), of containers, and of any listening process, with their holders. */
async function portsInUse(drivers: HostDrivers): Promise<Map<number, string>> {
  const taken = await drivers.machine.listeningPorts();
  for (const { port, container } of await drivers.containers.publishedPorts())
    taken.set(port, `container ${container}`);
  for (const local of await instances(drivers)) {
    for (const [name, spec] of Object.entries(local.blueprint.variables)) {
      const holder = `instance ${local.record.instance}`;
      if (spec.kind === 'port' && local.env[name]) taken.set(Number(local.env[name]), holder);
    }
  }
  return taken;
}

/** Sum of the memory limits of all instances on the host, in bytes. */
export async function promisedMemory(drivers: HostDrivers): Promise<number> {
  const budgets = (await instances(drivers)).map(async (local) => memoryBudget(await resolvedModel(drivers, local)));
  return (await Promise.all(budgets)).reduce((sum, bytes) => sum + bytes, 0);
}

async function instances({ directories }: HostDrivers): Promise<LocalInstance[]> {
  const names = await directories.names();
  const recorded = await Promise.all(names.map((name) => directories.recordIfAny(name)));
  return Promise.all(
    recorded.flatMap((record) => (record === undefined ? [] : openInstance(directories, record.instance))),
  );
}

/** The Compose model of a blueprint with these values; placeholders stand for secrets that do not exist yet. */
export async function modelOfFiles(
  drivers: HostDrivers,
  files: BlueprintFiles,
  variables: Record<string, string>,
): Promise<ComposeModel> {
  return (await modelsOfFiles(drivers, files, variables)).resolved;
}

/** The same model, and the model with its variables still in it. */
export async function modelsOfFiles(
  { compose }: HostDrivers,
  files: BlueprintFiles,
  variables: Record<string, string>,
): Promise<{ plain: ComposeModel; resolved: ComposeModel }> {
  const directory = await mkdtemp(join(tmpdir(), 'drydock-plan-'));
  try {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, file)), { recursive: true });
      await writeFile(join(directory, file), content);
    }
    const template = files['.env.template'] ?? '';
    const standIns = Object.fromEntries(
      Object.entries(parseEnv(template)).map(([name, value]) => [name, variables[name] || value || 'not-yet-known']),
    );
    await writeFile(join(directory, '.env'), fillTemplate(template, standIns));
    const read = (interpolated: boolean) => compose.config({ directory }, { interpolated });
    return { plain: await read(false), resolved: await read(true) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
