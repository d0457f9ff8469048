import { describe, expect, test } from 'vitest';
import { matricesIn, matricesOf, readDeaths } from '../../scripts/proof/deaths.ts';
import { doubts, type Line, parseLedger, renderLedger } from '../../scripts/proof/ledger.ts';
import type { Part } from '../../scripts/proof/parts.ts';

const part = (name: string): Part => ({ name, proves: `what ${name} proves`, command: ['true'] });
const green: Line = { commit: '1e16c3d', date: '2026-11-30', minutes: 12.3, outcome: 'green' };
const none = new Map();

describe('docs/proof.md', () => {
  test('has a line for every part, in their order, and is read back as it was written', () => {
    const lines = new Map([
      ['nights', green],
      ['team', { ...green, outcome: 'red' as const, commit: '1e16c3d+changes' }],
    ]);
    const text = renderLedger({ lines, matrices: none }, [part('team'), part('nights'), part('drill')]);
    expect(text.match(/^\| `.*$/gm)).toEqual([
      '| `team` | 1e16c3d+changes | 2026-11-30 | 12.3 | red | what team proves |',
      '| `nights` | 1e16c3d | 2026-11-30 | 12.3 | green | what nights proves |',
      '| `drill` | – | never | – | – | what drill proves |',
    ]);
    expect(parseLedger(text)).toEqual({ lines: new Map([...lines].reverse()), matrices: none });
  });

  test('forgets what is no part any more', () => {
    const text = renderLedger({ lines: new Map([['gone', green]]), matrices: none }, [part('nights')]);
    expect(text).not.toContain('gone');
  });
});

describe('a release cannot rest on a part', () => {
  const parts = [part('nights')];
  const at = (date: string) => new Date(`${date}T12:00:00Z`);
  const found = (line: Line | undefined, date = '2026-11-30') =>
    doubts({ lines: new Map(line ? [['nights', line]] : []), matrices: none }, parts, at(date));

  test('that never ran', () => expect(found(undefined)).toEqual(['nights never ran']));

  test('that is red, however young', () => {
    expect(found({ ...green, outcome: 'red' })).toEqual(['nights is red (1e16c3d, 2026-11-30)']);
  });

  test('that was proven more than 14 days ago', () => {
    expect(found(green, '2026-12-14')).toEqual([]);
    expect(found(green, '2026-12-15')).toEqual(['nights was proven 15 days ago (1e16c3d, 2026-11-30)']);
  });
});

describe('the matrix of deaths', () => {
  const about = { commit: '1e16c3d', date: '2026-11-30' };
  const noted = [
    { procedure: 'backup', way: 'middle', steps: ['backup plan', 'backup commit'], spared: ['backup commit'] },
    { procedure: 'backup', way: 'after', steps: ['backup plan', 'backup commit'], spared: [] },
    { procedure: 'upgrade on a copy', way: 'after', steps: ['upgrade plan'], spared: [] },
  ];
  const matrices = matricesOf(readDeaths(noted.map((line) => `${JSON.stringify(line)}\n`).join('')), about);

  test('says of each step in which way it was survived', () => {
    expect(matrices.get('backup')?.steps).toEqual(
      new Map([
        ['backup plan', { middle: 'survived', after: 'survived' }],
        ['backup commit', { middle: 'not killed', after: 'survived' }],
      ]),
    );
    expect(matrices.get('upgrade on a copy')?.steps).toEqual(
      new Map([['upgrade plan', { middle: '–', after: 'survived' }]]),
    );
  });

  test('is read back as it was written, beside the lines of the parts', () => {
    const lines = new Map([['nights', green]]);
    const text = renderLedger({ lines, matrices }, [part('nights')]);
    expect(matricesIn(text)).toEqual(matrices);
    expect(parseLedger(text)).toEqual({ lines, matrices });
    expect(renderLedger(parseLedger(text), [part('nights')])).toBe(text);
  });
});
