/** Ways in which a host worker dies in a step; test/support/kill-harness.ts knows them by the same names. */
export const ways = ['middle', 'after'] as const;
export type Way = (typeof ways)[number];

/** What the harness notes of one procedure and one way to die; the procedure ended as it should. */
export interface Deaths {
  readonly procedure: string;
  readonly way: Way;
  readonly steps: readonly string[];
  /** Steps in which it did not die. */
  readonly spared: readonly string[];
}

export type Fate = 'survived' | 'not killed' | '–';

/** One procedure: what became of a death in each of its steps. */
export interface Matrix {
  readonly commit: string;
  readonly date: string;
  readonly steps: ReadonlyMap<string, Readonly<Record<Way, Fate>>>;
}

export function readDeaths(lines: string): Deaths[] {
  return lines
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Deaths);
}

/** A matrix for each procedure that was killed. */
export function matricesOf(
  deaths: readonly Deaths[],
  { commit, date }: { commit: string; date: string },
): Map<string, Matrix> {
  const matrices = new Map<string, { commit: string; date: string; steps: Map<string, Record<Way, Fate>> }>();
  for (const { procedure, way, steps, spared } of deaths) {
    const matrix = matrices.get(procedure) ?? { commit, date, steps: new Map() };
    matrices.set(procedure, matrix);
    for (const step of steps) {
      const fates = matrix.steps.get(step) ?? { middle: '–', after: '–' };
      matrix.steps.set(step, { ...fates, [way]: spared.includes(step) ? 'not killed' : 'survived' });
    }
  }
  return matrices;
}

export function renderMatrix([procedure, { commit, date, steps }]: readonly [string, Matrix]): string {
  const rows = [...steps].map(([step, { middle, after }]) => `| \`${step}\` | ${middle} | ${after} |`);
  return `
### ${procedure}

${steps.size} steps, at ${commit} on ${date}.

| Step | Killed in its middle | Killed when it was done |
| --- | --- | --- |
${rows.join('\n')}
`;
}

/** Reads back what \`renderMatrix\` wrote. */
export function matricesIn(text: string): Map<string, Matrix> {
  const section = /^### (.+)\n\n\d+ steps, at (\S+) on (\S+)\.\n\n([\s\S]*?)(?=\n#|$(?![\s\S]))/gm;
  return new Map(
    [...text.matchAll(section)].map(([, procedure = '', commit = '', date = '', table = '']) => {
      const rows = table.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm);
      const steps = [...rows].map(([, step = '', middle, after]) => {
        return [step, { middle: fate(middle), after: fate(after) }] as const;
      });
      return [procedure, { commit, date, steps: new Map(steps) }] as const;
    }),
  );
}

function fate(text: string | undefined): Fate {
  return text === 'survived' || text === 'not killed' ? text : '–';
}
