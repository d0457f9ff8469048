import { expect, test } from 'vitest';
import { versionDoubts } from '../../scripts/proof/version.ts';

const files = (version: string, locked: string, heading: string) => ({
  packageFile: JSON.stringify({ version }),
  lockFile: JSON.stringify({ version: locked }),
  changelog: `# Changes\n\n## ${heading}\n\n- one\n\n## 0.1.0\n`,
});

test('a version that package, lock file and change log agree on may be released', () => {
  expect(versionDoubts(files('0.2.0', '0.2.0', '0.2.0 – 2026-12-01'))).toEqual([]);
});

test('each place that knows another version is named', () => {
  expect(versionDoubts(files('0.2.0', '0.1.0', 'Unreleased'))).toEqual([
    'package-lock.json: it has version 0.1.0, package.json 0.2.0',
    'CHANGELOG.md: its first heading is not 0.2.0',
  ]);
  expect(versionDoubts(files('next', 'next', 'next'))).toEqual(['package.json: next is no version']);
});
