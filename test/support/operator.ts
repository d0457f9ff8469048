import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { execa } from 'execa';
import { cacheDirectory } from '../../src/client/embedded/home.ts';

/** Directory of the project, where runbooks are read and their commands typed. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** Somebody at a terminal, with `drydock`, `node` and `temporal` on the path and nothing else of our environment. */
export interface Operator {
  /** Types commands as one script, which ends at the first failing command. */
  type(commands: string): Promise<Ended>;
  /** The same without waiting for the end. */
  begin(commands: string): Begun;
}

export interface Ended {
  readonly exitCode: number | undefined;
  /** Everything that was printed, in its order. */
  readonly said: string;
}

export interface Begun {
  readonly ended: Promise<Ended>;
  /** What was printed so far. */
  said(): string;
  stop(): void;
}

const teamFile = join(cacheDirectory(process.env), 'team.env');

/** Images for docker-compose.temporal.yml on this machine, by variable; empty where the machine has the official images. */
export function teamImages(): Record<string, string> {
  if (!existsSync(teamFile)) throw new Error(`${teamFile} is missing: run scripts/setup --proof`);
  return parseEnv(readFileSync(teamFile, 'utf8')) as Record<string, string>;
}

/**
 * The program `temporal` exists where the images of a team exist: only runbooks of the proof type it.
 * @param home a directory for the operator's programs; the caller removes it
 */
export async function operatorAt(home: string, cwd: string, env: Record<string, string>): Promise<Operator> {
  const programs = join(home, 'programs');
  await mkdir(programs, { recursive: true });
  if (existsSync(teamFile)) {
    const image = teamImages()['TEMPORAL_ADMIN_TOOLS_IMAGE'] ?? 'temporalio/admin-tools:1.32.2';
    const temporal = `exec docker run --rm --network host --env TEMPORAL_ADDRESS ${image} temporal "$@"`;
    await writeFile(join(programs, 'temporal'), `#!/bin/sh\n${temporal}\n`);
    await chmod(join(programs, 'temporal'), 0o755);
  }
  const path = [programs, root, join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter);
  const options = { cwd, env: { HOME: process.env['HOME'] ?? home, ...env, PATH: path } };
  return { type: (commands) => begin(commands, options).ended, begin: (commands) => begin(commands, options) };
}

function begin(commands: string, options: { cwd: string; env: Record<string, string> }): Begun {
  const script = execa('bash', ['-euo', 'pipefail', '-c', commands], {
    ...options,
    extendEnv: false,
    all: true,
    reject: false,
    stdin: 'ignore',
    // A worker finishes its shutdown first.
    forceKillAfterDelay: 30_000,
  });
  let said = '';
  script.all.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return {
    ended: script.then(({ exitCode, all }) => ({ exitCode, said: all })),
    said: () => said,
    stop: () => {
      script.kill('SIGTERM');
    },
  };
}
