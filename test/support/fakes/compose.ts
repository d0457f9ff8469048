import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Compose, ComposeModel, ComposeProject, ComposeService } from '../../../src/drivers/compose/compose.ts';
import { DrydockError } from '../../../src/errors.ts';
import { parseEnv } from '../../../src/model/instance/env-file.ts';
import type { FakeContainerRuntime } from './container-runtime.ts';

export interface ComposeJob {
  project: string;
  service: string;
  command: readonly string[];
}

/**
 * Compose in memory: it reads the real file and places containers in the fake runtime. A service with the label
 * `health: sick`, or named in `sick`, never becomes healthy. One-off commands are only noted in `jobs`; `false` fails.
 */
export function createFakeCompose(
  runtime: FakeContainerRuntime,
  sick: Set<string> = new Set(),
  jobs: ComposeJob[] = [],
): Compose {
  const ofProject = (project: ComposeProject) => runtime.containers({ 'com.docker.compose.project': project.name });
  const ofServices = async (project: ComposeProject, services: readonly string[]) =>
    (await ofProject(project)).filter((view) => services.includes(view.labels['com.docker.compose.service'] ?? ''));

  const refuseForeign = async ({ name, labels }: ComposeProject) => {
    const foreign = (await runtime.containers({ 'com.docker.compose.project': name })).filter((view) =>
      Object.entries(labels).some(([key, value]) => view.labels[key] !== value),
    );
    const problems = foreign.map((view) => `container ${view.name}`);
    if (problems.length > 0) throw new DrydockError('not-ours', `touch project ${name}`, { problems });
  };

  return {
    config: async (file, { interpolated }) =>
      load(join(file.directory, file.file ?? 'docker-compose.yml'), {
        envFile: interpolated ? join(file.directory, file.envFile ?? '.env') : undefined,
      }),
    async up(project, { services, deps, until }, signal) {
      signal?.throwIfAborted();
      await refuseForeign(project);
      const model = await modelOf(project);
      const named = services ?? Object.keys(model.services);
      const wanted = deps === 'without' ? [...named] : withDependencies(model, named);
      for (const service of wanted) await startService(runtime, project, service, model);
      const ill = wanted.filter(
        (service) => sick.has(service) || model.services[service]?.labels?.['health'] === 'sick',
      );
      if (ill.length === 0 || until === 'started') return;
      const problems = ill.map((service) => `${service} (${containerName(project, service)}): I am sick`);
      throw new DrydockError('unhealthy', `bring up ${project.name}`, { problems });
    },
    async run(project, { service, command }, signal) {
      signal?.throwIfAborted();
      await refuseForeign(project);
      const model = await modelOf(project);
      if (model.services[service] === undefined) throw new DrydockError('tool-failed', `no such service: ${service}`);
      jobs.push({ project: project.name, service, command });
      if (command[0] === 'false') throw new DrydockError('tool-failed', 'docker ended with exit code 1');
    },
    async stop(project, services) {
      await refuseForeign(project);
      for (const { name } of await ofServices(project, services)) await runtime.stop(name, 1);
    },
    async remove(project, services) {
      await refuseForeign(project);
      for (const { name } of await ofServices(project, services)) runtime.discard(name);
    },
    async down(project) {
      await refuseForeign(project);
      for (const { name } of await ofProject(project)) runtime.discard(name);
    },
  };
}

async function startService(
  runtime: FakeContainerRuntime,
  project: ComposeProject,
  service: string,
  model: ComposeModel,
): Promise<void> {
  const name = containerName(project, service);
  const { image = '', labels = {}, volumes = [] } = model.services[service] ?? {};
  const found = await runtime.container(name);
  if (found?.state === 'running' && found.image === image) return;
  runtime.place(name, {
    image,
    labels: { ...labels, 'com.docker.compose.project': project.name, 'com.docker.compose.service': service },
    health: 'healthy',
    addresses: Object.fromEntries(
      Object.keys(model.services[service]?.networks ?? {}).map((net) => [net, '127.0.0.1']),
    ),
    volumes: volumes
      .filter(({ type }) => type === 'volume')
      .map(({ source = '', target }) => ({ name: String(model.volumes?.[source]?.['name'] ?? source), target })),
  });
}

function withDependencies(model: ComposeModel, services: readonly string[]): string[] {
  const needed = services.flatMap((service) => {
    const before = model.services[service]?.depends_on ?? {};
    return [...withDependencies(model, Array.isArray(before) ? before : Object.keys(before)), service];
  });
  return [...new Set(needed)];
}

function modelOf({ directory, file = 'docker-compose.yml', envFile = '.env' }: ComposeProject): Promise<ComposeModel> {
  return load(join(directory, file), { envFile: join(directory, envFile) });
}

async function load(path: string, { envFile }: { envFile: string | undefined }): Promise<ComposeModel> {
  const values = envFile === undefined ? undefined : parseEnv(await readFile(envFile, 'utf8'));
  const text = await readFile(path, 'utf8');
  const resolved =
    values === undefined ? text : text.replace(/\$\{(\w+)[^}]*\}/g, (_match, name: string) => values[name] ?? '');
  const model = parse(resolved, { merge: true }) as ComposeModel;
  for (const service of Object.values(model.services)) service.volumes = (service.volumes ?? []).map(longSyntax);
  return model;
}

function longSyntax(volume: NonNullable<ComposeService['volumes']>[number] | string) {
  if (typeof volume !== 'string') return volume;
  const [source = '', target = '', access] = volume.split(':');
  return { type: /^[./]/.test(source) ? 'bind' : 'volume', source, target, read_only: access === 'ro' };
}

function containerName(project: ComposeProject, service: string): string {
  return `${project.name}-${service}-1`;
}
