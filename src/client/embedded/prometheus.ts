import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, stringify } from 'yaml';
import { type Home, type HomeConfig, metricsPorts, writeWhole } from './home.ts';
import type { ProcessSpec } from './processes.ts';
import { basicEnvironment } from './programs.ts';
import { temporalPorts } from './temporal.ts';

/** The configuration that teams start from; the embedded Prometheus uses it too, with this machine's addresses. */
const shipped = fileURLToPath(new URL('../../../ops/prometheus/', import.meta.url));

const keepFor = '30d';

interface PrometheusConfig {
  rule_files: string[];
  scrape_configs: {
    job_name: string;
    static_configs?: { targets: string[] }[];
    file_sd_configs?: { files: string[] }[];
  }[];
}

/** Prometheus over the workers and Temporal of this machine, with the shipped alert rules. */
export function prometheus(home: Home, config: HomeConfig, command: string): ProcessSpec {
  const directory = home.prometheus;
  mkdirSync(join(directory, 'targets'), { recursive: true, mode: 0o700 });
  writeWhole(join(directory, 'prometheus.yml'), embeddedConfig(home, config));
  const port = metricsPorts(config.ports).prometheus;
  return {
    name: 'prometheus',
    command,
    args: [
      ...['--config.file', join(directory, 'prometheus.yml'), '--storage.tsdb.path', join(directory, 'data')],
      ...['--storage.tsdb.retention.time', keepFor, '--web.listen-address', `127.0.0.1:${port}`],
    ],
    env: basicEnvironment(),
    ports: [port],
    answers: async () => (await fetch(`${prometheusUrl(config)}/-/ready`)).ok,
    startWithinMs: 30_000,
  };
}

export function prometheusUrl(config: HomeConfig): string {
  return `http://127.0.0.1:${metricsPorts(config.ports).prometheus}`;
}

/** The shipped configuration with this machine's ports, rules in place, and applications from the home's files. */
export function embeddedConfig(home: Home, { ports }: HomeConfig): string {
  const config = parse(readFileSync(join(shipped, 'prometheus.yml'), 'utf8')) as PrometheusConfig;
  const { control, host } = metricsPorts(ports);
  const portOf: Record<string, number | undefined> = {
    'drydock-control': control,
    'drydock-host': host,
    temporal: temporalPorts(ports).at(-1),
  };
  const scrape_configs = config.scrape_configs.map((job) => {
    const port = portOf[job.job_name];
    if (port !== undefined) return { ...job, static_configs: [{ targets: [`127.0.0.1:${port}`] }] };
    return { ...job, file_sd_configs: [{ files: [join(home.prometheus, 'targets', `${job.job_name}.json`)] }] };
  });
  const rule_files = config.rule_files.map((file) => join(shipped, file));
  return stringify({ ...config, rule_files, scrape_configs });
}
