/**
 * What took long and what failed, said again at the end: the output of a quarter of an hour hides one red line.
 *   node scripts/sum-up.ts REPORTS BROKEN…
 * REPORTS holds vitest's report and the seconds of each project; BROKEN says which projects and checks ended with an error.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { doubtsOfToday } from './proof/files.ts';
import { type Report, summary } from './proof/summary.ts';

const [directory = '.', ...broken] = process.argv.slice(2);
const read = (name: string) => JSON.parse(readFileSync(`${directory}/${name}`, 'utf8'));
const names = readdirSync(directory);
const reports: Report[] = names
  .filter((name) => name.endsWith('.report.json'))
  .map((name) => {
    const project = name.replace('.report.json', '');
    const seconds = `${project}.seconds.json`;
    return { project, ...read(name), seconds: names.includes(seconds) ? read(seconds) : { all: 0, files: {} } };
  });
for (const line of summary(reports, broken, doubtsOfToday())) process.stdout.write(`${line}\n`);
