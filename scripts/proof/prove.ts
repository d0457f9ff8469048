/**
 * Runs parts of the long proof and writes what they found into docs/proof.md; called by scripts/prove. Goes on after a part
 * that failed, and ends with an error then.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { matricesOf, readDeaths } from './deaths.ts';
import { readLedger, root, writeLedger } from './files.ts';
import type { Line } from './ledger.ts';
import { type Part, parts } from './parts.ts';

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !parts.some((part) => part.name === name));
if (unknown.length > 0) {
  process.stderr.write(
    `no part of the proof: ${unknown.join(', ')}; there are ${parts.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}

const chosen = wanted.length === 0 ? parts : parts.filter(({ name }) => wanted.includes(name));
const red = chosen.filter((part) => prove(part).outcome === 'red').map(({ name }) => name);
process.stdout.write(
  `\n${chosen.length - red.length} parts green, ${red.length} red${red.map((name) => ` ${name}`).join(',')}\n`,
);
process.exit(red.length === 0 ? 0 : 1);

function prove({ name, proves, command }: Part): Line {
  process.stdout.write(`\n${name}: ${proves}\n`);
  const directory = mkdtempSync(join(tmpdir(), 'drydock-proof-'));
  const deaths = join(directory, 'deaths.jsonl');
  const about = { commit: commit(), date: new Date().toISOString().slice(0, 10) };
  const begun = Date.now();
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PROOF_DEATHS: deaths },
  });
  const minutes = Math.round((Date.now() - begun) / 6_000) / 10;
  const line: Line = { ...about, minutes, outcome: status === 0 ? 'green' : 'red' };
  const found = existsSync(deaths) ? matricesOf(readDeaths(readFileSync(deaths, 'utf8')), about) : [];
  // Read only now: another part may have been proven meanwhile.
  const { lines, matrices } = readLedger();
  writeLedger({ lines: new Map([...lines, [name, line]]), matrices: new Map([...matrices, ...found]) });
  rmSync(directory, { recursive: true });
  process.stdout.write(`${name}: ${line.outcome} after ${minutes} min\n`);
  return line;
}

/** Says so when what runs is not what was committed; this file itself does not count. */
function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  const changed = git('status', '--porcelain', '--', '.', ':!docs/proof.md') !== '';
  return `${git('rev-parse', '--short', 'HEAD')}${changed ? '+changes' : ''}`;
}
