import { readFile } from 'node:fs/promises';

/** Adds up the JSON reports of several test runs: `N passed, N failed, N skipped`. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
}

const reports = await Promise.all(process.argv.slice(2).map(async (file) => JSON.parse(await readFile(file, 'utf8')) as Report));
const sum = (pick: (report: Report) => number): number => reports.reduce((total, report) => total + pick(report), 0);
const failed = sum(({ numFailedTests }) => numFailedTests);
console.log(
  `${sum(({ numPassedTests }) => numPassedTests)} passed, ${failed} failed, ${sum((report) => report.numPendingTests + report.numTodoTests)} skipped`,
);
process.exitCode = failed === 0 ? 0 : 1;
