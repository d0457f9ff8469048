import { homedir } from 'node:os';
import { join } from 'node:path';
import { DrydockError } from '../../errors.ts';
import { commandContainer } from '../../model/instance/names.ts';
import { runCommand } from '../command.ts';
import { withAnonymousVolumes } from './anonymous-volumes.ts';
import type { Compose, ComposeFile, ComposeModel, ComposeProject, UpOptions } from './compose.ts';
import { secretsIn } from './env-secrets.ts';
import { refuseForeign } from './foreign.ts';
import { unhealthyIn } from './unhealthy.ts';

interface ComposeOptions {
  /** The Docker client that has the Compose plugin. */
  program?: string;
  socketPath?: string;
  /** Added to Compose's otherwise empty environment, for instance DOCKER_CONFIG. */
  env?: Record<string, string>;
}

/** Includes the engine's anonymous volumes of these containers (anonymous-volumes.ts). */
const removal = ['rm', '--force', '--stop', '--volumes'];

/** Runs `docker compose` with these arguments; `secrets` are masked in its output. */
export type RunCompose = (
  args: readonly string[],
  options?: { signal?: AbortSignal | undefined; secrets?: readonly string[] },
) => Promise<string>;

/** Runs Compose through its command-line program. */
export function createCompose(options: ComposeOptions = {}): Compose {
  const docker = dockerRunner(options);
  const compose: RunCompose = (args, settings) =>
    docker(['compose', '--ansi', 'never', '--progress', 'plain', ...args], settings);
  return {
    config: (file, { interpolated }) => config(compose, file, interpolated),
    async up(project, options, signal) {
      await refuseForeign(docker, project, 'bring up');
      await up(compose, project, options, signal);
    },
    async run(project, { service, command }, signal) {
      await refuseForeign(docker, project, `run a command of ${service} in`);
      const { args, secrets } = await fromFiles(project);
      const container = commandContainer(project.name, service);
      const remove = () => docker(['rm', '--force', '--volumes', container]);
      await remove();
      try {
        const job = ['run', '--rm', '--no-deps', '--no-TTY', '--name', container, service, ...command];
        await compose([...args, ...job], { signal, secrets });
      } finally {
        // A stopped client leaves its container running.
        await remove();
      }
    },
    async stop(project, services, signal) {
      await refuseForeign(docker, project, 'stop services of');
      const there = await existing(compose, project, services);
      if (there.length > 0) await compose([...byLabels(project), 'stop', ...there], { signal });
    },
    async remove(project, services) {
      await refuseForeign(docker, project, 'remove services of');
      const there = await existing(compose, project, services);
      if (there.length === 0) return;
      const remove = async () => void (await compose([...byLabels(project), ...removal, ...there]));
      await withAnonymousVolumes(docker, project, remove, there);
    },
    async down(project, signal) {
      await refuseForeign(docker, project, 'take down');
      const remove = async () => {
        await compose([...byLabels(project), ...removal], { signal });
        // Never with -v: it would delete volumes. Orphans go too: by labels, every container belongs to the project.
        await compose([...byLabels(project), 'down'], { signal });
      };
      await withAnonymousVolumes(docker, project, remove);
    },
  };
}

/**
 * The environment is not inherited: a variable of ours would silently win over the same name in the project's `.env`.
 * The working directory is the root, so that Compose does not take a stray file for the project's.
 */
function dockerRunner({ program = 'docker', socketPath, env = {} }: ComposeOptions): RunCompose {
  const environment = {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: homedir(),
    ...(socketPath === undefined ? {} : { DOCKER_HOST: `unix://${socketPath}` }),
    ...env,
  };
  return async (args, { signal, secrets = [] } = {}) => {
    const { stdout } = await runCommand(program, args, { directory: '/', env: environment, signal, secrets });
    return stdout;
  };
}

async function config(compose: RunCompose, file: ComposeFile, interpolated: boolean): Promise<ComposeModel> {
  // A file with its variables left in place needs no values, but Compose insists on an env file.
  const envFile = interpolated ? join(file.directory, file.envFile ?? '.env') : '/dev/null';
  const args = [
    ...['--project-directory', file.directory, '--env-file', envFile],
    ...['--file', join(file.directory, file.file ?? 'docker-compose.yml'), '--profile', '*'],
    ...['config', '--format', 'json', ...(interpolated ? [] : ['--no-interpolate', '--no-path-resolution'])],
  ];
  try {
    return JSON.parse(await compose(args, { secrets: await secretsIn(envFile) })) as ComposeModel;
  } catch (error) {
    if (!(error instanceof DrydockError) || error.code !== 'tool-failed') throw error;
    // Reading a file needs no engine: an error now is an error on every try.
    throw new DrydockError(
      'invalid-input',
      `read ${file.file ?? 'docker-compose.yml'} in ${file.directory}: ${error.message}`,
      {
        next: 'mend the file; variables can only stand in text fields of a blueprint',
        cause: error,
      },
    );
  }
}

async function up(
  compose: RunCompose,
  project: ComposeProject,
  { services = [], timeoutSeconds, deps = 'with', until = 'healthy' }: UpOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  const files = await fromFiles(project);
  const { secrets } = files;
  const args = [
    ...[...files.args, 'up', '--detach'],
    ...(until === 'healthy' ? ['--wait', '--wait-timeout', String(timeoutSeconds)] : []),
    ...(deps === 'without' ? ['--no-deps'] : []),
    ...services,
  ];
  try {
    await compose(args, { signal, secrets });
  } catch (error) {
    if (!(error instanceof DrydockError) || error.code !== 'tool-failed') throw error;
    const problems = await unhealthyIn(compose, byLabels(project), { services, said: error.message, secrets });
    if (problems.length === 0) {
      throw new DrydockError('tool-failed', `bring up ${project.name}: ${error.message}`, { cause: error });
    }
    throw new DrydockError('unhealthy', `bring up ${project.name}: ${problems.length} not healthy`, {
      problems: [...problems, `Compose said: ${error.message}`],
      cause: error,
    });
  }
}

/** Arguments that name the project's files, and the secrets to mask in Compose's output. */
async function fromFiles(project: ComposeProject): Promise<{ args: string[]; secrets: string[] }> {
  const { directory, name, file = 'docker-compose.yml', envFile = '.env' } = project;
  const environment = join(directory, envFile);
  const args = [
    ...['--project-directory', directory, '--env-file', environment],
    ...['--file', join(directory, file), '--project-name', name],
  ];
  return { args, secrets: await secretsIn(environment) };
}

/** Arguments that find the project by its containers: no file is needed, and removed services are found too. */
function byLabels(project: ComposeProject): string[] {
  return ['--project-name', project.name];
}

/** Compose refuses services without a container, and would take an empty list for "all". */
async function existing(compose: RunCompose, project: ComposeProject, services: readonly string[]): Promise<string[]> {
  const listed = await compose([...byLabels(project), 'ps', '--all', '--services']);
  const there = new Set(listed.split('\n').map((line) => line.trim()));
  return services.filter((service) => there.has(service));
}
