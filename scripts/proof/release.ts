/** Whether this commit may be released; called by scripts/release. */
import { readFileSync } from 'node:fs';
import { doubtsOfToday, root } from './files.ts';
import { versionDoubts } from './version.ts';

const read = (name: string) => readFileSync(`${root}${name}`, 'utf8');
const found = [
  ...versionDoubts({
    packageFile: read('package.json'),
    lockFile: read('package-lock.json'),
    changelog: read('CHANGELOG.md'),
  }),
  ...doubtsOfToday().map((doubt) => `proof: ${doubt}`),
];
for (const doubt of found) process.stdout.write(`${doubt}\n`);
process.stdout.write(found.length === 0 ? 'this commit may be released\n' : 'this commit may not be released\n');
process.exit(found.length === 0 ? 0 : 1);
