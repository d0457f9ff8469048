import { type Command, InvalidArgumentError } from 'commander';
import { given, present } from '../../given.ts';
import type { Context } from '../context.ts';
import { homeDirectory, metricsPorts } from '../embedded/home.ts';
import { type Embedded, embeddedState, startEmbedded } from '../embedded/plane.ts';

interface UpOptions {
  host?: string;
  temporalPort?: number;
  uiPort?: number;
  s3Port?: number;
  metricsPort?: number;
  prometheus: boolean;
  workers: boolean;
}

/** `up`: Temporal, an S3 gateway and both workers on this machine. */
export function addUp(program: Command, context: Context): void {
  program
    .command('up')
    .description('run Temporal, an S3 gateway and the workers on this machine; what runs already stays')
    .option('--host <name>', 'name of this machine as a host (default: h1)')
    .option('--temporal-port <port>', 'port of Temporal; the nine after it are used too (default: 7233)', port)
    .option('--ui-port <port>', 'port of the Temporal UI (default: 8233)', port)
    .option('--s3-port <port>', 'port of the S3 gateway (default: 7070)', port)
    .option(
      '--metrics-port <port>',
      "port of the control worker's metrics; the two after it are the host worker's and Prometheus' (default: 7253)",
      port,
    )
    .option('--no-prometheus', 'leave Prometheus out; without this option it runs where it is installed')
    .option('--no-workers', 'leave the workers out, to run them by hand')
    .action((options: UpOptions) => up(context, options));
}

async function up(context: Context, options: UpOptions): Promise<void> {
  const embedded = await startEmbedded({
    home: homeDirectory(context.env),
    ports: given({
      temporal: options.temporalPort,
      ui: options.uiPort,
      objectStore: options.s3Port,
      metrics: options.metricsPort,
    }),
    ...given({ host: options.host }),
    workers: options.workers ? 'both' : 'none',
    prometheus: options.prometheus ? 'where-installed' : 'none',
    report: (line) => context.output.note(`  ${line}`),
  });
  context.output.out(describeEmbedded(embedded));
}

function describeEmbedded(embedded: Embedded): string {
  const { home, config } = embedded;
  const processStates = embeddedState(home.directory);
  const { control, host } = metricsPorts(config.ports);
  const rows = present(
    ['Temporal', `${embedded.address}, namespace ${embedded.namespace}`],
    ['Temporal UI', `${embedded.uiUrl}/namespaces/${embedded.namespace}/workflows`],
    ['S3', `${embedded.objectStoreUrl}, keys in ${home.objectStoreKeys}`],
    ['metrics', `http://127.0.0.1:${control}/metrics (control worker), http://127.0.0.1:${host}/metrics (host worker)`],
    processStates.some(({ name, process }) => name === 'prometheus' && process !== undefined) && [
      'Prometheus',
      embedded.prometheusUrl,
    ],
    ['host', `${config.host}, instances in ${home.instances}`],
    ['age identity', `${home.identity} (keep a copy elsewhere: without it no set can be read)`],
    ['logs', home.logs],
  );
  const processes = processStates.map(
    ({ name, process }) => `  ${name.padEnd(16)}${process === undefined ? 'not running' : `pid ${process.pid}`}`,
  );
  return [...processes, '', ...rows.map(([name, value]) => `  ${name?.padEnd(16)}${value}`)].join('\n');
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1024 && number <= 65_500) return number;
  throw new InvalidArgumentError('must be a port between 1024 and 65500');
}
