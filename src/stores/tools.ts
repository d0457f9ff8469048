import type { ContainerRuntime, Mount, OneOff, OneOffResult } from '../drivers/docker/container-runtime.ts';
import { DrydockError } from '../errors.ts';
import type { RunningService, ServiceTools } from './store.ts';

/** For a program that only prints its version; a cold image on a busy machine takes seconds. */
const versionLimitMs = 60_000;

type Tool = Pick<OneOff, 'image' | 'command' | 'entrypoint' | 'env' | 'user' | 'memoryBytes' | 'stdout'> & {
  mounts: readonly Mount[];
};

/**
 * Runs a tool of a store. All tools of one store share one name: leftovers of an earlier, killed run are removed before
 * the next begins, and two tools are never in the same volume.
 */
export async function runTool(
  runtime: ContainerRuntime,
  at: ServiceTools,
  tool: Omit<Tool, 'image'>,
  signal: AbortSignal,
  name = toolName(at),
): Promise<OneOffResult> {
  signal.throwIfAborted();
  const result = await runtime.run(jobOf(at, tool, name), signal);
  signal.throwIfAborted();
  return result;
}

type TitledTool = Omit<Tool, 'image'> & { title: string };
type PreparedTool = AsyncDisposable & { run(): Promise<void> };

/** Runs a tool that must succeed. */
export async function mustRun(
  runtime: ContainerRuntime,
  at: ServiceTools,
  { title, ...tool }: TitledTool,
  signal: AbortSignal,
): Promise<void> {
  refuseFailed(at, title, await runTool(runtime, at, tool, signal));
}

/** Creates the container before the tool runs; disposal removes the container. */
export async function prepareTool(
  runtime: ContainerRuntime,
  at: ServiceTools,
  { title, ...tool }: TitledTool,
  signal: AbortSignal,
): Promise<PreparedTool> {
  const prepared = await runtime.prepare(jobOf(at, tool, toolName(at)), signal);
  return {
    async run() {
      const result = await prepared.run();
      signal.throwIfAborted();
      refuseFailed(at, title, result);
    },
    [Symbol.asyncDispose]: () => prepared[Symbol.asyncDispose](),
  };
}

function jobOf({ image, labels, processors }: ServiceTools, tool: Omit<Tool, 'image'>, name: string): OneOff {
  return { ...tool, processors, name, image, network: 'none', labels };
}

function refuseFailed(at: ServiceTools, title: string, result: OneOffResult): void {
  if (result.exitCode !== 0 || result.oomKilled) throw toolFailure(at, title, result);
}

/** `damaged` is for tools that read an artifact: their failure blames the artifact, unless the machine ran short. */
export function toolFailure(
  at: ServiceTools,
  title: string,
  result: OneOffResult,
  otherwise: 'tool-failed' | 'damaged' = 'tool-failed',
): DrydockError {
  const where = `${title} of store ${at.store} of ${at.instance}`;
  const lines = lastLines(`${result.stdout}\n${result.stderr}`);
  if (result.oomKilled || result.exitCode === 137) {
    return new DrydockError(
      'tool-failed',
      `${where}: the tool was killed, ${result.oomKilled ? 'out of memory' : 'by a signal'}`,
    );
  }
  if (/no space left on device/i.test(lines)) return new DrydockError('no-space', `${where}: ${lines}`);
  return new DrydockError(otherwise, `${where}: exit code ${result.exitCode}: ${lines}`);
}

export function lastLines(text: string, count = 8): string {
  const lines = text.split(/[\r\n]+/).filter((line) => line.trim() !== '' && !/^\.* *\d+%$/.test(line.trim()));
  return lines.slice(-count).join(' | ') || 'no output';
}

/** Loading empties a volume, so a serving volume is never loaded into. */
export async function refuseVolumeInUse(runtime: ContainerRuntime, at: ServiceTools): Promise<void> {
  const users = (await runtime.containers({})).filter(
    ({ name, state, volumes }) =>
      name !== toolName(at) &&
      ['running', 'paused', 'restarting'].includes(state) &&
      volumes.some((mounted) => mounted.name === at.volume),
  );
  if (users.length === 0) return;
  throw new DrydockError('refused', `load volume ${at.volume}: container ${users[0]?.name} uses it`, {
    next: 'stop the container first, if the data in the volume may go',
  });
}

/**
 * The version that a program in the store's image prints. Plans ask for it without the right to act on the instance, so
 * this container has another name: it must not replace the tool of a running procedure.
 */
export async function versionInImage(runtime: ContainerRuntime, at: ServiceTools, command: string[]): Promise<string> {
  const limit = AbortSignal.timeout(versionLimitMs);
  const result = await runTool(runtime, at, { command, mounts: [] }, limit, `${at.namePrefix}-version`);
  if (result.exitCode !== 0) throw toolFailure(at, 'version', result);
  const { stdout } = result;
  const version = /\d+\.\d+(\.\d+)*/.exec(stdout)?.[0];
  if (version !== undefined) return version;
  throw new DrydockError('tool-failed', `ask image ${at.image} for its version: it said ${lastLines(stdout)}`);
}

/** Bytes below these paths of a running container, as far as changing files can be read. */
export async function bytesUsed(runtime: ContainerRuntime, at: RunningService, paths: string[]): Promise<number> {
  const { stdout } = await runtime.exec(at.container, ['du', '-sbc', ...paths]);
  const total = /^(\d+)\s+total$/m.exec(stdout)?.[1];
  if (total !== undefined) return Number(total);
  throw new DrydockError('tool-failed', `measure ${paths.join(', ')} in ${at.container}: ${lastLines(stdout)}`);
}

/** Disk space of a directory of a running container: files with holes take less than their length. */
export async function bytesOnDisk(runtime: ContainerRuntime, at: RunningService, path: string): Promise<number> {
  const { stdout } = await runtime.exec(at.container, ['du', '--summarize', '--block-size=1', path]);
  const total = /^(\d+)\s/m.exec(stdout)?.[1];
  if (total !== undefined) return Number(total);
  throw new DrydockError('tool-failed', `measure ${path} in ${at.container}: ${lastLines(stdout)}`);
}

/** The text without the store's secret, wherever it came from. */
export function withoutSecret(text: string, at: RunningService): string {
  return at.secret ? text.replaceAll(at.secret, '***') : text;
}

function toolName(at: ServiceTools): string {
  return `${at.namePrefix}-tool`;
}
