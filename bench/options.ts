import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Section } from './record.ts';

/** What is measured, and how large. */
export interface Options {
  small: boolean;
  concepts: number;
  largeConcepts: number;
  payloadBytes: number;
  provisionPairs: number;
  backupPairs: number;
  restorePairs: number;
  requests: number;
  only: ReadonlySet<Measurement>;
  /** File of a section's results. */
  json: (section: Section) => string;
  document: string | undefined;
  keep: boolean;
  command: string;
}

export const measurements = ['provision', 'backup', 'restore', 'large', 'upgrade', 'drill'] as const;
export type Measurement = (typeof measurements)[number];

export const usage = `bench/run [--small] [options]

  --small                  proves in a few minutes that everything runs; its figures say nothing
  --concepts N             size of the instance that is backed up and restored (30000: about 1.1 GB)
  --large-concepts N       size of the second, larger one (110000: about 4 GB)
  --payload-bytes N        size of one concept (16384)
  --provision-pairs N, --backup-pairs N, --restore-pairs N
                           how often Drydock and by hand take turns (1, 3, 2)
  --requests N             how many requests an upgrade must answer at least (50000)
  --only LIST              of ${measurements.join(',')}
  --json DIR               where the results go (bench/results; with --small none)
  --document FILE          whose table is replaced (docs/performance.md; with --small none)
  --keep                   leave the instance and its control plane where they are
`;

const sizes = {
  concepts: 30_000,
  largeConcepts: 110_000,
  provisionPairs: 1,
  backupPairs: 3,
  restorePairs: 2,
  requests: 50_000,
};
const smallSizes = {
  concepts: 400,
  largeConcepts: 1_200,
  provisionPairs: 1,
  backupPairs: 1,
  restorePairs: 1,
  requests: 5_000,
};

export function readOptions(args: readonly string[], root: string): Options | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      small: { type: 'boolean', default: false },
      concepts: { type: 'string' },
      'large-concepts': { type: 'string' },
      'payload-bytes': { type: 'string', default: '16384' },
      'provision-pairs': { type: 'string' },
      'backup-pairs': { type: 'string' },
      'restore-pairs': { type: 'string' },
      requests: { type: 'string' },
      only: { type: 'string', default: measurements.join(',') },
      json: { type: 'string' },
      document: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const directory = values.json ?? (values.small ? undefined : join(root, 'bench', 'results'));
  const usual = values.small ? smallSizes : sizes;
  return {
    small: values.small,
    concepts: count('concepts', values.concepts, usual.concepts),
    largeConcepts: count('large-concepts', values['large-concepts'], usual.largeConcepts),
    payloadBytes: count('payload-bytes', values['payload-bytes'], 0),
    provisionPairs: count('provision-pairs', values['provision-pairs'], usual.provisionPairs),
    backupPairs: count('backup-pairs', values['backup-pairs'], usual.backupPairs),
    restorePairs: count('restore-pairs', values['restore-pairs'], usual.restorePairs),
    requests: count('requests', values.requests, usual.requests),
    only: new Set(values.only.split(',').map(measurement)),
    json: (section) => (directory === undefined ? '/dev/null' : join(directory, `${section}.json`)),
    document: values.document ?? (values.small ? undefined : `${root}/docs/performance.md`),
    keep: values.keep,
    command: ['bench/run', ...args].join(' '),
  };
}

function measurement(name: string): Measurement {
  const found = measurements.find((known) => known === name);
  if (found === undefined) throw new Error(`--only: ${name} is none of ${measurements.join(', ')}`);
  return found;
}

function count(name: string, text: string | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${name} must be a whole number above 0`);
}
