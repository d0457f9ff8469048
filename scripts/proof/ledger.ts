import type { Matrix } from './deaths.ts';
import { matricesIn, renderMatrix } from './deaths.ts';
import type { Part } from './parts.ts';

/** What a part of the proof found when it last ran. */
export interface Line {
  readonly commit: string;
  /** Day in UTC, such as 2026-11-30. */
  readonly date: string;
  readonly minutes: number;
  readonly outcome: 'green' | 'red';
}

/** docs/proof.md: a line for each part that ever ran, and who was killed where. */
export interface Ledger {
  readonly lines: ReadonlyMap<string, Line>;
  readonly matrices: ReadonlyMap<string, Matrix>;
}

const dayMs = 24 * 60 * 60 * 1000;
const oldAfterDays = 14;

export function parseLedger(text: string): Ledger {
  const row = /^\| `([^`]+)` \| (\S+) \| (\d{4}-\d\d-\d\d) \| ([\d.]+) \| (green|red) \|/gm;
  const lines = [...text.matchAll(row)].map(([, name = '', commit = '', date = '', minutes, outcome]) => {
    return [name, { commit, date, minutes: Number(minutes), outcome: outcome === 'green' ? 'green' : 'red' }] as const;
  });
  return { lines: new Map(lines), matrices: matricesIn(text) };
}

/** Parts in their order, also those that never ran; whoever is no part any more is left out. */
export function renderLedger({ lines, matrices }: Ledger, parts: readonly Part[]): string {
  const rows = parts.map(({ name, proves }) => {
    const { commit, date, minutes, outcome } = lines.get(name) ?? never;
    return `| \`${name}\` | ${commit} | ${date} | ${minutes} | ${outcome} | ${proves} |`;
  });
  const tables = [...matrices].sort(([one], [other]) => (one < other ? -1 : 1)).map(renderMatrix);
  return `${head}${rows.join('\n')}\n${tables.length > 0 ? matrixHead : ''}${tables.join('')}`;
}

const never = { commit: '–', date: 'never', minutes: '–', outcome: '–' };

/** A sentence for each part that a release could not rest on. */
export function doubts({ lines }: Ledger, parts: readonly Part[], now: Date): string[] {
  return parts.flatMap(({ name }) => {
    const line = lines.get(name);
    if (line === undefined) return [`${name} never ran`];
    if (line.outcome === 'red') return [`${name} is red (${line.commit}, ${line.date})`];
    const days = Math.floor((now.getTime() - Date.parse(line.date)) / dayMs);
    return days > oldAfterDays ? [`${name} was proven ${days} days ago (${line.commit}, ${line.date})`] : [];
  });
}

const head = `# Proof

What each part of the long proof found when it last ran. \`scripts/prove\` runs all parts, or those that it is given, and writes
this file; [contributing](../CONTRIBUTING.md#check-it) says when. \`scripts/test\` names what is red, missing or older than
${oldAfterDays} days, and \`scripts/release --check\` refuses it.

| Part | Commit | Date | Minutes | Outcome | What it proves |
| --- | --- | --- | --- | --- | --- |
`;

const matrixHead = `
## Killed in every step

The host worker of a procedure is killed with SIGKILL in every step that it does: once in the middle of the step, once when
the work of the step is done and Temporal does not know it yet. The procedure then ends as if nothing had been, and the world
is looked at.
`;
