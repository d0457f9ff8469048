import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { programWithoutEffects } from '../../scripts/reference/command-pages.ts';
import { procedures, type StartedType } from '../../src/contracts/procedures.ts';
import { speak } from '../client/support.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');

/**
 * For each procedure that people start, a command line; without it this does not compile. `status` asks for objectives beside
 * other things: test/client/report.test.ts.
 */
const lines: Record<Exclude<StartedType, 'objectives'>, string> = {
  provision: 'provision pharma --blueprint osmose@1.0.0',
  backup: 'backup pharma',
  restore: 'restore pharma --confirm pharma',
  upgrade: 'upgrade pharma --to osmose@2.0.0',
  rollback: 'upgrade pharma --back',
  verify: 'verify pharma',
  drill: 'drill pharma',
  cleanup: 'cleanup pharma qdrant',
  decommission: 'decommission pharma --confirm pharma',
  retention: 'retention apply pharma',
  readOnly: 'read-only pharma on',
  changeTier: 'tier pharma premium',
  hold: 'hold pharma --release',
  schedule: 'schedule apply pharma',
  adopt: 'adopt',
  sets: 'sets pharma',
  set: 'set show 20261121T030000Z-1a2b3c4d',
  report: 'report pharma',
  blueprints: 'blueprint list',
  blueprint: 'blueprint push blueprints/osmose',
};

test.each(Object.entries(lines))('%s is started by “drydock %s”', async (type, line) => {
  const { asked } = await speak(line.split(' '));
  expect(asked.flatMap((call) => Object.keys(call as object))).toContain(type);
});

test('every verb is one file of src/client/commands, and every file there is a verb', () => {
  const files = readdirSync(new URL('src/client/commands', root)).map((file) => file.replace('.ts', ''));
  expect(files.sort()).toEqual(
    programWithoutEffects()
      .commands.map((command) => command.name())
      .sort(),
  );
});

test.each(procedures.map(({ type, runbook }) => [type, runbook]))(
  '%s is told of in the runbook %s',
  (type, runbook) => {
    const path = new URL(`docs/runbooks/${runbook}.md`, root);
    expect(existsSync(path), type).toBe(true);
  },
);

test('every contract of a procedure is in the list', () => {
  const contracts = readdirSync(new URL('src/contracts', root)).flatMap((file) =>
    [...read(`src/contracts/${file}`).matchAll(/= contract\(\{\s*type: '(\w+)'/g)].map(([, type]) => type),
  );
  expect(contracts.sort()).toEqual(procedures.map(({ type }) => type).sort());
});
