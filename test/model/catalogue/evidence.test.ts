import { describe, expect, test } from 'vitest';
import { EvidenceRecord, type Finding } from '../../../src/contracts/evidence.ts';
import { Sha256 } from '../../../src/contracts/ids.ts';
import {
  type EvidenceObject,
  inOrder,
  judge,
  leastRecentlyVerified,
  readChain,
} from '../../../src/model/catalogue/evidence.ts';
import { evidenceKey } from '../../../src/model/instance/names.ts';
import { anIdentity, setId } from '../../support/builders.ts';

const digestOf = (text: string) => Sha256.parse(Buffer.from(text).toString('hex').slice(-64).padStart(64, '0'));
const manifest = digestOf('manifest');
const subject = { of: anIdentity(), set: setId, manifest };
const passed: Finding = { outcome: 'passed' };
const failed = (code: string): Finding => ({ outcome: 'failed', code, problem: 'tried: seen' });

type Choice = { kind?: 'bytes-verified' | 'drilled'; finding?: Finding; changes?: object };

/** A chain as procedures write it. The digest of a record is its end, which holds its number. */
function chain(choices: Choice[]): EvidenceObject[] {
  const objects: EvidenceObject[] = [];
  for (const choice of choices) objects.push(link(choice, objects.length + 1, objects.at(-1)?.sha256));
  return objects;
}

function link(
  { kind = 'bytes-verified', finding = passed, changes }: Choice,
  number: number,
  previous: Sha256 | undefined,
) {
  const drill = kind === 'drilled' ? { host: 'h1', steps: [], recoveryMs: 61_000 } : {};
  const record = EvidenceRecord.parse({
    format: 'drydock-evidence/1',
    ...anIdentity(),
    set: setId,
    at: `2026-11-${String(number).padStart(2, '0')}T03:00:00.000Z`,
    by: 'verify-pharma',
    run: `run-${number}`,
    manifest,
    previous,
    kind,
    finding,
    sizeBytes: 1,
    ...drill,
    number,
    ...changes,
  });
  const { number: place, ...rest } = record;
  return asObject(evidenceKey(anIdentity(), setId, number), { ...rest, number: place });
}

function asObject(key: string, value: object): EvidenceObject {
  const text = JSON.stringify(value);
  return { key, text, sha256: digestOf(text) };
}

const changed = (object: EvidenceObject | undefined, change: object): EvidenceObject =>
  asObject(object?.key ?? '', { ...JSON.parse(object?.text ?? '{}'), ...change });

describe('a chain', () => {
  test('as it was written counts whole, and says what comes next', () => {
    const objects = chain([{}, { kind: 'drilled' }, {}]);
    const { records, problems, next } = readChain(subject, objects);
    expect(records.map(({ number }) => number)).toEqual([1, 2, 3]);
    expect(problems).toEqual([]);
    expect(next).toEqual({ number: 4, previous: objects[2]?.sha256 });
  });

  test('of nobody is empty', () => {
    expect(readChain(subject, [])).toEqual({ records: [], problems: [], next: { number: 1 } });
  });

  test('in which a record was changed counts neither that one nor the one after it', () => {
    const objects = chain([{}, { finding: failed('damaged') }, {}, {}]);
    objects[1] = changed(objects[1], { finding: passed, number: 2 });
    const { records, problems } = readChain(subject, objects);
    expect(records.map(({ number }) => number)).toEqual([1, 4]);
    expect(problems).toEqual([expect.stringContaining('0003.json: the chain is broken')]);
  });

  test('from which a record was taken is broken there, and what is written later counts', () => {
    const objects = chain([{}, {}, {}, {}]);
    objects.splice(1, 1);
    expect(readChain(subject, objects).records.map(({ number }) => number)).toEqual([4]);
    objects.push(link({}, 5, objects.at(-1)?.sha256));
    expect(readChain(subject, objects).records.map(({ number }) => number)).toEqual([4, 5]);
  });

  test('whose beginning was taken does not pretend to begin later', () => {
    const { records, problems } = readChain(subject, chain([{}, {}, {}]).slice(1));
    expect(records.map(({ number }) => number)).toEqual([3]);
    expect(problems).toEqual([expect.stringContaining('the records before it are gone')]);
  });

  test.each([
    ['another manifest', { manifest: digestOf('other') }, 'another manifest'],
    ['another set', { set: '20260101T000000Z-00000000' }, 'the record names set 20260101T000000Z-00000000 of pharma'],
    ['another instance', { instance: 'sap' }, 'of sap'],
    ['another place in the chain', { number: 7 }, 'the record says that it is number 7'],
  ])('with a record of %s does not count it, and says so', (_, changes, problem) => {
    const { records, problems } = readChain(subject, chain([{}, { kind: 'drilled', changes }]));
    expect(records.map(({ kind }) => kind)).toEqual(['bytes-verified']);
    expect(problems).toEqual([expect.stringContaining(problem)]);
  });

  test.each(['{', 'null', '{"format":"drydock-evidence/9"}'])('with %s in it does not count that', (text) => {
    const objects = chain([{}]);
    const { records, problems } = readChain(subject, [
      ...objects,
      { key: evidenceKey(anIdentity(), setId, 2), text, sha256: digestOf(text) },
    ]);
    expect(records).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining('0002.json: the object is not a record')]);
  });

  test('has its records in order of their numbers, and nothing else in it', () => {
    const keys = ['evidence/10000.json', 'evidence/0002.json', 'evidence/notes.txt', 'evidence/9999.json'];
    expect(inOrder(keys)).toEqual(['evidence/0002.json', 'evidence/9999.json', 'evidence/10000.json']);
  });
});

describe('of a set is proven', () => {
  const bytes = { kind: 'bytes-verified' } as const;
  const drill = { kind: 'drilled' } as const;
  const [first, second, third] = [1, 2, 3].map((day) => `2026-11-0${day}T03:00:00.000Z`);

  test.each<[string, Choice[], object]>([
    ['nothing but its capture', [], { level: 'captured' }],
    ['every byte', [bytes], { level: 'every byte', verifiedAt: first }],
    ['every byte, by the last who read it', [bytes, bytes], { level: 'every byte', verifiedAt: second }],
    ['that it comes up', [bytes, drill], { level: 'drilled', verifiedAt: second, drilledAt: second }],
    [
      'that it came up, and its bytes since',
      [drill, bytes],
      { level: 'drilled', verifiedAt: second, drilledAt: first },
    ],
    ['that it is bad', [bytes, { ...bytes, finding: failed('damaged') }], { level: 'bad' }],
    [
      'that it is bad, whatever was proven before',
      [drill, { ...drill, finding: failed('mismatch') }],
      { level: 'bad' },
    ],
    [
      'its bytes, when only the release or the host failed',
      [bytes, { ...drill, finding: failed('unhealthy') }, { ...drill, finding: failed('no-space') }],
      { level: 'every byte', verifiedAt: first },
    ],
    [
      'that it is good again',
      [drill, { ...bytes, finding: failed('damaged') }, bytes],
      { level: 'every byte', verifiedAt: third },
    ],
  ])('%s', (_, choices, expected) => {
    const { lastDrill: _drill, evidenceProblems, ...proven } = judge(readChain(subject, chain(choices)));
    expect(proven).toEqual(expected);
    expect(evidenceProblems).toEqual([]);
  });

  test('how its last drill ended, and what it took', () => {
    const judged = judge(readChain(subject, chain([drill, { ...drill, finding: failed('unhealthy') }, bytes])));
    expect(judged.lastDrill).toEqual({ at: second, finding: failed('unhealthy'), recoveryMs: 61_000 });
  });
});

test('the set that nobody has read for longest is next, and its backup was the first to read it', () => {
  const sets = [
    { set: 'c', createdAt: '2026-11-03T00:00:00Z' },
    { set: 'a', createdAt: '2026-11-01T00:00:00Z', lastLookAt: '2026-11-05T00:00:00Z' },
    { set: 'b', createdAt: '2026-11-02T00:00:00Z', lastLookAt: '2026-11-04T00:00:00Z' },
  ];
  expect(leastRecentlyVerified(sets)?.set).toBe('c');
  expect(leastRecentlyVerified(sets.slice(1))?.set).toBe('b');
  expect(leastRecentlyVerified([])).toBeUndefined();
});
