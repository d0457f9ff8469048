import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { run } from './command.ts';
import { type Figure, gibibytes } from './figures.ts';
import type { Options } from './options.ts';

/** Each has its file and its table, so that measuring the one leaves the other as it is. */
export type Section = 'stores' | 'upgrades' | 'drills';

export interface Results {
  measuredAt: string;
  command: string;
  commit: string;
  machine: string;
  tools: string;
  sizes: string;
  small: boolean;
  minutes: number;
  figures: Figure[];
}

export async function describeRun(
  options: Options,
  root: string,
  seen: { sizes: readonly string[]; rclone: string },
): Promise<Omit<Results, 'figures' | 'minutes'>> {
  const processor = cpus()[0]?.model ?? 'unknown processor';
  const docker = await run('docker', ['version', '--format', 'Docker {{.Server.Version}}']);
  const compose = await run('docker', ['compose', 'version', '--short']);
  const changed = await run('git', ['-C', root, 'status', '--porcelain', '--', 'src', 'blueprints', 'images']);
  const commit = await run('git', ['-C', root, 'rev-parse', '--short', 'HEAD']);
  return {
    measuredAt: new Date().toISOString(),
    command: options.command,
    commit: `${commit}${changed === '' ? '' : ' with local changes'}`,
    machine: `${cpus().length} × ${processor}, ${gibibytes(totalmem())} of memory, Linux ${(await run('uname', ['-r'])).trim()}`,
    tools: `${docker.trim()}, Compose ${compose.trim()}, ${seen.rclone}`,
    sizes: seen.sizes.join(' and '),
    small: options.small,
  };
}

export async function writeResults(section: Section, results: Results, options: Options): Promise<void> {
  const [begin, end] = [`<!-- bench ${section}: begin -->`, `<!-- bench ${section}: end -->`];
  const file = options.json(section);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  process.stdout.write(`${table(results)}\n`);
  if (options.document === undefined) return;
  const text = await readFile(options.document, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`${options.document} lacks the lines ${begin} and ${end}`);
  await writeFile(options.document, `${before}${begin}\n${table(results)}\n${end}${after}`);
}

export function table(results: Results): string {
  const { measuredAt, command, commit, machine, tools, sizes, minutes, figures } = results;
  const head = ['Figure', 'Drydock', 'By hand', 'Ratio', 'Goal', '', 'Measured with'];
  const rows = figures.map((figure) => {
    const { name, drydock, byHand, ratio, goal, met } = figure;
    return [name, drydock, byHand, ratio, goal, verdict(met), figure.command];
  });
  const lines = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  const warning = results.small
    ? ['**A small run: it proves that every measurement works, its figures say nothing.**', '']
    : [];
  return [
    ...warning,
    `Measured ${measuredAt.slice(0, 10)} on commit ${commit} with \`${command}\` (${minutes} minutes).`,
    `Stores of ${sizes} on ${machine}; ${tools}.`,
    '',
    ...lines,
  ].join('\n');
}

function verdict(met: boolean | undefined): string {
  if (met === undefined) return '';
  return met ? 'met' : '**missed**';
}
