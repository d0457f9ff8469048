import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { cacheDirectory, defaultPorts, homeAt } from '../../src/client/embedded/home.ts';
import { optionalProgram } from '../../src/client/embedded/programs.ts';
import { embeddedConfig } from '../../src/client/embedded/prometheus.ts';
import { HostName } from '../../src/contracts/ids.ts';
import { metrics } from '../../src/contracts/metrics.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const at = (path: string) => join(root, path);
const directory = mkdtempSync(join(tmpdir(), 'drydock-prometheus-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; description: string };
}

const rules = (
  parse(readFileSync(at('ops/prometheus/alerts.yml'), 'utf8')) as { groups: { rules: Rule[] }[] }
).groups.flatMap((group) => group.rules);

interface Panel {
  title: string;
  description?: string;
  targets?: { expr: string }[];
}
const dashboard = JSON.parse(readFileSync(at('ops/grafana/drydock.json'), 'utf8')) as { panels: Panel[] };
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

interface Cases {
  tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
}

const caseFiles = ['alerts.test.yml', 'alerts.days.test.yml'].map((file) => at(`ops/prometheus/${file}`));

/** Metrics that the rules read and Drydock does not export: Prometheus' own, and those of the applications of the seed. */
const foreign = [
  'up',
  'osmose_ingestion_errors_total',
  'neo4j_store_size_bytes',
  'neo4j_store_size_limit_bytes',
  'osmose_redis_queue_pending_total',
];

describe('the alerts', () => {
  test('pass their unit tests', async () => {
    const said = await promtool('test', 'rules', ...caseFiles);
    expect(said.match(/SUCCESS/g)).toHaveLength(caseFiles.length);
  });

  test('each fires and each is silent in a test', () => {
    const checks = caseFiles
      .map((file) => parse(readFileSync(file, 'utf8')) as Cases)
      .flatMap(({ tests }) => tests.flatMap(({ alert_rule_test }) => alert_rule_test));
    const firing = checks.filter(({ exp_alerts = [] }) => exp_alerts.length > 0).map(({ alertname }) => alertname);
    const silent = checks.filter(({ exp_alerts = [] }) => exp_alerts.length === 0).map(({ alertname }) => alertname);
    const names = rules.map(({ alert }) => alert);
    expect(names.filter((name) => !firing.includes(name))).toEqual([]);
    expect(names.filter((name) => !silent.includes(name) && name !== 'DrydockProcedureFailed')).toEqual([]);
  });

  test('read only what is exported', () => {
    expect(rules.flatMap(({ expr }) => strangers(expr))).toEqual([]);
  });

  test('say what to do: each is in the runbook', () => {
    const runbook = readFileSync(at('docs/runbooks/monitoring.md'), 'utf8');
    expect(rules.map(({ alert }) => alert).filter((name) => !runbook.includes(`\`${name}\``))).toEqual([]);
    expect(rules.filter(({ annotations }) => !annotations.summary || !annotations.description)).toEqual([]);
  });
});

describe('the dashboard', () => {
  test('reads only what is exported, and leaves nothing out', () => {
    expect(expressions.flatMap(strangers)).toEqual([]);
    const read = new Set(expressions.flatMap(namesIn));
    expect(Object.keys(metrics).filter((name) => !read.has(name))).toEqual([]);
  });

  test('has expressions that Prometheus understands', async () => {
    const rulesOfPanels = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
    const file = join(directory, 'panels.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'panels', rules: rulesOfPanels }] }));
    expect(await promtool('check', 'rules', file)).toContain(`${expressions.length} rules found`);
  });
});

describe('the configuration', () => {
  test('that ships is one', async () => {
    expect(await promtool('check', 'config', at('ops/prometheus/prometheus.yml'))).toContain('SUCCESS');
  });

  test('of `drydock up` scrapes the workers of that home, by the same rules', async () => {
    const home = homeAt(directory);
    const ports = { ...defaultPorts, temporal: 17233, metrics: 19000 };
    const text = embeddedConfig(home, {
      format: 'drydock-home/1',
      ports,
      host: HostName.parse('h1'),
      environment: {},
    });
    const file = join(directory, 'prometheus.yml');
    writeFileSync(file, text);
    expect(await promtool('check', 'config', file)).toContain(`${rules.length} rules found`);
    const targets = (
      parse(text) as { scrape_configs: { job_name: string; static_configs?: { targets: string[] }[] }[] }
    ).scrape_configs;
    expect(targets.map(({ job_name, static_configs }) => [job_name, static_configs?.[0]?.targets[0]])).toEqual([
      ['drydock-control', '127.0.0.1:19000'],
      ['drydock-host', '127.0.0.1:19001'],
      ['temporal', '127.0.0.1:17242'],
      ['osmose-app', undefined],
    ]);
  });
});

/** Names of metrics in an expression. The parts of a histogram count as the histogram. */
function namesIn(expr: string): string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}/g, ' ')
    .replaceAll(/\b(by|on|without|ignoring)\s*\([^)]*\)/g, ' ')
    .replaceAll(/\[[^\]]*\]/g, ' ');
  return [...bare.matchAll(/\b[a-z_]\w*\b(?!\s*\()/gi)]
    .map(([name]) => name)
    .filter((name) => !['or', 'unless', 'and', 'by', 'on'].includes(name))
    .map((name) => name.replace(/_(bucket|sum|count)$/, ''));
}

function strangers(expr: string): string[] {
  return namesIn(expr).filter((name) => !Object.hasOwn(metrics, name) && !foreign.includes(name));
}

/** Output of promtool; a failure rejects with this output. */
async function promtool(...args: string[]): Promise<string> {
  const program = optionalProgram(cacheDirectory(process.env), 'promtool');
  if (program === undefined) throw new Error('promtool is missing: run scripts/setup');
  const { stdout, stderr } = await promisify(execFile)(program, args).catch((error) => {
    throw new Error(`promtool ${args.join(' ')}:\n${error.stdout}${error.stderr}`);
  });
  return stdout + stderr;
}
