import { execa } from 'execa';

export interface CommandOptions {
  env?: Record<string, string>;
  directory?: string;
}

/** Runs a program to its end and returns what it said on stdout; a failure says what it said at all. */
export async function run(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await execa(program, args, {
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.directory === undefined ? {} : { cwd: options.directory }),
    reject: false,
    stdin: 'ignore',
    all: true,
  });
  if (!result.failed) return result.stdout;
  throw new Error(`${result.command} ended with ${result.exitCode ?? result.signal}:\n${result.all.slice(-4000)}`);
}

export interface Timed<T> {
  result: T;
  ms: number;
}

export async function timed<T>(act: () => Promise<T>): Promise<Timed<T>> {
  const from = performance.now();
  const result = await act();
  return { result, ms: Math.round(performance.now() - from) };
}

export function say(line: string): void {
  process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${line}\n`);
}
