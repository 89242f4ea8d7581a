import { execa } from 'execa';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHECKS } from '../src/checks/registry.ts';
import { reportOf } from '../src/engine/report.ts';
import type { Report } from '../src/model/report.ts';
import { FORMATS } from '../src/reporters/registry.ts';
import { loadBundle, saveBundle } from '../src/store/bundle-file.ts';
import { manyTargets } from '../test/support/many-targets.ts';

/**
 * What each format costs for a bundle of 500 targets: a whole `bulkhead report BUNDLE --format FMT=FILE`, its time, its
 * processor time and its peak memory. Then, in one process, what of that is loading and judging, which every format pays.
 */
const TARGETS = 500;
const ROUNDS = 3;
/** What a format may cost. */
const LIMIT = { seconds: 2, mebibytes: 300 } as const;

/** Loaded before the program: says at the end what it took. */
const METER = `data:text/javascript,${encodeURIComponent(
  `process.on('exit', () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    process.stderr.write(JSON.stringify({ mebibytes: maxRSS / 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }));
  });`,
)}`;
const CLI = path.resolve(import.meta.dirname, '../dist/cli.js');

interface Cost {
  /** Seconds from start to end. */
  readonly seconds: number;
  /** Seconds of processor time, of all threads. */
  readonly cpu: number;
  /** Peak of the resident set. */
  readonly mebibytes: number;
}

async function costOf(args: readonly string[]): Promise<Cost> {
  const start = performance.now();
  const { stderr } = await execa(process.execPath, ['--import', METER, CLI, ...args]);
  const seconds = (performance.now() - start) / 1000;
  return { seconds, ...(JSON.parse(stderr) as Omit<Cost, 'seconds'>) };
}

function tell(name: string, { seconds, cpu, mebibytes }: Cost, more = ''): void {
  const over =
    seconds > LIMIT.seconds || mebibytes > LIMIT.mebibytes ? `  OVER ${LIMIT.seconds} s or ${LIMIT.mebibytes} MiB` : '';
  console.log(
    `${name.padEnd(14)} ${seconds.toFixed(2)} s, processor ${cpu.toFixed(2)} s, peak ${mebibytes.toFixed(0)} MiB${more}${over}`,
  );
}

/** Milliseconds of the quickest. */
async function quickest<T>(work: () => T | Promise<T>): Promise<{ readonly ms: number; readonly result: T }> {
  let best: { ms: number; result: T } | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now();
    const result = await work();
    const ms = performance.now() - start;
    if (best === undefined || ms < best.ms) best = { ms, result };
  }
  if (best === undefined) throw new Error('no rounds');
  return best;
}

function sizeOf({ targets, findings, matrix }: Report): string {
  const cells = matrix.rows.reduce((sum, row) => sum + row.cells.length, 0);
  return `${targets.length} targets, ${findings.length} findings, ${cells} cells of ${matrix.rows.length * (matrix.destinations.length - 1)} places`;
}

const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-bench-'));
try {
  const file = path.join(directory, 'bundle.json');
  await saveBundle(file, manyTargets(TARGETS));
  const loaded = await quickest(() => loadBundle(file));
  const judged = await quickest(() => reportOf(loaded.result, CHECKS, { failOn: 'medium', allowEmpty: false }));
  console.log(`${sizeOf(judged.result)}; bundle ${((await stat(file)).size / 1e6).toFixed(1)} MB`);
  console.log(`loading ${loaded.ms.toFixed(0)} ms, judging ${judged.ms.toFixed(0)} ms (best of ${ROUNDS})`);
  for (const format of FORMATS) {
    const output = path.join(directory, format);
    const costs: Cost[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      costs.push(await costOf(['report', file, '--format', `${format}=${output}`]));
    }
    const [best] = costs.toSorted((a, b) => a.seconds - b.seconds);
    const mebibytes = Math.max(...costs.map((cost) => cost.mebibytes));
    if (best !== undefined) tell(format, { ...best, mebibytes }, `, ${((await stat(output)).size / 1e6).toFixed(2)} MB`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}
