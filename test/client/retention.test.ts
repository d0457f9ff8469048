import { describe, expect, it } from 'vitest';
import { describeRetention } from '../../src/client/words/retention.ts';
import { type Removal, RetentionPlan, type RetentionReport } from '../../src/contracts/retention.ts';
import { planRetention } from '../../src/model/catalogue/plan-retention.ts';
import { instanceId } from '../support/builders.ts';
import { anObservation, aSet, dayMs, setOf, verified } from '../support/retention-cases.ts';
import { finished, speak } from './support.ts';

const now = Date.parse('2026-11-21T03:30:00.000Z');
const id = (ageDays: number) => setOf(now, ageDays);
const plan = RetentionPlan.parse({
  ...planRetention(
    anObservation(now, {
      sets: [0, 1, 2, 20].map((age) => aSet(now, age, { sizeBytes: 2 * 1024 ** 2, ...verified(now) })),
      uploads: [
        {
          set: id(9),
          key: `instances/pharma.${instanceId}/sets/${id(9)}/graph/neo4j.dump.age`,
          uploadId: 'u',
          initiatedAt: new Date(now - 9 * dayMs).toISOString(),
        },
      ],
      leftAlone: [
        { what: `instances/pharma.${instanceId}/sets/readme.txt`, why: 'is not part of a recovery set', sizeBytes: 12 },
      ],
      protection: { versioning: 'on', objectLock: 'off' },
    }),
  ),
  hash: 'a'.repeat(64),
});
const report = (changes: Partial<RetentionReport> = {}): RetentionReport => ({
  procedure: 'retention',
  instance: plan.instance,
  outcome: 'planned',
  plan,
  removals: [],
  removedBytes: 0,
  steps: [],
  ...changes,
});

describe('the plan as it is printed', () => {
  const text = describeRetention(report());

  it.each([
    [
      'the rules',
      'pharma: sets stay for 7 d (tier standard); never fewer than the last 3 verified sets; the remains of unfinished',
    ],
    [
      'a set that stays',
      /^\S+-00000000 +2\.0 MiB +2026-11-21 +keep +the newest set; one of the last 3 verified sets; not/m,
    ],
    ['a set that goes', /^\S+ +2\.0 MiB +2026-11-21 +delete +20 d old; tier standard keeps 7 d, and no other rule/m],
    ['an orphan', /^\S+\/graph\/neo4j\.dump\.age +upload +— +delete +unfinished upload, begun 9 d ago$/m],
    ['what is left alone', `instances/pharma.${instanceId}/sets/readme.txt (12 B): is not part of a recovery set`],
    ['what the bucket does', 'the bucket keeps versions: deleted objects are hidden'],
    ['the sum', '1 set(s) and 1 orphan(s), 2.0 MiB, would be deleted; 3 set(s), 6.0 MiB, stay'],
    ['what to do', 'carry it out with: drydock retention apply pharma'],
  ])('says %s', (_, words) => {
    expect(text).toMatch(words);
  });
});

describe('what was done as it is printed', () => {
  const removed: Removal = { what: `set ${id(20)}`, outcome: 'removed', removedBytes: 2048, problems: [] };

  it('says how much went', () => {
    const text = describeRetention(report({ outcome: 'done', removals: [removed], removedBytes: 2048 }));
    expect(text.split('\n').at(-1)).toBe('1 removed, 2.0 KiB');
  });

  it('says what is still there, and why', () => {
    const refused: Removal = { ...removed, outcome: 'partly-removed', problems: ['a/b: AccessDenied'] };
    const text = describeRetention(report({ outcome: 'partial', removals: [removed, refused], removedBytes: 2048 }));
    expect(text.split('\n').slice(-3)).toEqual([
      '1 removed, 2.0 KiB; 1 still there:',
      `  set ${id(20)}: partly removed`,
      '    a/b: AccessDenied',
    ]);
  });
});

describe('each verb asks for exactly what its options say', () => {
  it.each([
    ['retention plan pharma', { instance: 'pharma', dryRun: true }],
    ['retention apply pharma --wait-minutes 5', { instance: 'pharma', dryRun: false, waitMinutes: 5 }],
  ])('%s', async (line, asked) => {
    const spoken = await speak(line.split(' '), finished(report()));
    expect(spoken).toMatchObject({ exitCode: 0, asked: [{ retention: asked }] });
    expect(spoken.out).toContain('WHY');
  });

  it('the result is JSON when asked', async () => {
    const { out } = await speak(['retention', 'plan', 'pharma', '--json'], finished(report()));
    expect(JSON.parse(out)).toMatchObject({ outcome: 'done', result: { outcome: 'planned', plan: { deleteSets: 1 } } });
  });
});
