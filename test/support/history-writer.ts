import { openHistory } from '../../src/history/history.ts';
import { at, aRun } from './history.ts';
import { aFinding } from './report.ts';

/**
 * Records runs into a history, one after the other, and prints the number of each once it is recorded:
 * `node history-writer.ts FILE NAME RUNS`.
 */
const [file = '', name = '', runs = '1'] = process.argv.slice(2);
const FINDINGS = 100;
const history = openHistory(file, { create: true });
process.stdout.write('open\n');
for (let run = 0; run < Number(runs); run += 1) {
  const findings = Array.from({ length: FINDINGS }, (_, index) => aFinding({ subject: `${name}-${run % 3}-${index}` }));
  const id = await history.record(aRun({ ...at(run, `${name}-${run}`), findings }));
  process.stdout.write(`${id}\n`);
}
history.close();
