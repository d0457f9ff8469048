// What failed, said again at the end: the output of an hour hides one red line, and may be kept in part only.
//   node scripts/sum-up.mjs RESULTS_DIR BROKEN...
// RESULTS_DIR holds vitest's JSON report of each project; BROKEN names the projects and the checks that ended with an error.
import { readdirSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [results, ...broken] = process.argv.slice(2);
const reports = readdirSync(results).map((file) => ({
  project: file.replace('.json', ''),
  ...JSON.parse(readFileSync(`${results}/${file}`, 'utf8')),
}));

const failures = reports.flatMap(({ project, testResults }) => testResults.flatMap((file) => failuresOf(project, file)));
// What failed without a test to blame: the house, a promise that nobody waited for, a crash of vitest.
const testless = broken.filter((what) => !failures.some(({ project }) => project === what));

for (const { name, message } of failures) {
  console.log(`FAILED ${relative('.', name)}`);
  for (const line of message.split('\n').slice(0, 12)) console.log(`  ${line}`);
}
for (const what of testless) console.log(`FAILED ${what}: it ended with an error and names no test; see above`);

const passed = reports.reduce((total, report) => total + report.numPassedTests, 0);
console.log(`${passed} passed, ${failures.length + testless.length} failed`);

function failuresOf(project, { name, status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === 'failed');
  // A file that could not be collected, or whose hook failed, has no failed test.
  if (status === 'failed' && failed.length === 0) return [{ project, name, message }];
  return failed.map(({ fullName, failureMessages }) => ({
    project,
    name: `${name} > ${fullName}`,
    message: failureMessages.join('\n'),
  }));
}
