import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CHECKS } from '../src/checks/registry.ts';
import { reportOf } from '../src/engine/report.ts';
import { openHistory } from '../src/history/history.ts';
import type { ObservationBundle, TargetObservations } from '../src/model/bundle.ts';
import type { Finding } from '../src/model/report.ts';
import { bundleOf } from './bundle.ts';
import { renderTrendHtml } from '../src/reporters/trend.ts';
import { trendOf } from '../src/trend/trend.ts';
import { median } from './statistics.ts';

/** What a history of 200 runs of 50 servers costs: to record, to ask, to keep. `node bench/history.ts [RUNS [TARGETS]]` */
const RUNS = Number(process.argv[2] ?? 200);
const TARGETS = Number(process.argv[3] ?? 50);
const ROUNDS = 5;
/** Attempts in the bundle of a server: with them 20 servers make about 5 MB, as real ones do. */
const ATTEMPTS = 300;

function bundleOfRun(run: number): ObservationBundle {
  const start = Date.UTC(2026, 0, 1) + run * 6 * 3_600_000;
  const bundle = bundleOf(TARGETS);
  return {
    ...bundle,
    session: run.toString(16).padStart(12, '0'),
    startedAt: new Date(start).toISOString(),
    finishedAt: new Date(start + 60_000).toISOString(),
    targets: bundle.targets.map((target) => ({ ...target, observations: observations() })),
  };
}

function observations(): TargetObservations['observations'] {
  const attempts = Array.from({ length: ATTEMPTS }, (_, number) => {
    const host = `203.0.113.${number % 250}`;
    const id = `internet/${host}:${number}/4/direct`;
    const spec = {
      id,
      purpose: 'internet',
      kind: 'tcp',
      host,
      port: number,
      family: 4,
      path: 'direct',
      subject: `${host}:${number}`,
    };
    const attempt = () => ({ id, outcome: 'connected', elapsedMs: Math.random() * 100, tries: 1, address: host });
    return { spec: { ...spec, controls: ['bridge'] }, target: attempt(), controls: [{ vantage: 'bridge', attempt: attempt() }] };
  });
  return { udp: { state: 'observed', facts: { attempts } } } as unknown as TargetObservations['observations'];
}

/** Verdicts that change from run to run: a fifth fails, and what fails is mended again. */
function statusOf(run: number, index: number): Finding['status'] {
  const turn = (index * 7 + Math.floor(run / (5 + (index % 11)))) % 10;
  return turn < 2 ? 'fail' : turn === 2 ? 'inconclusive' : 'pass';
}

const directory = mkdtempSync(path.join(tmpdir(), 'bulkhead-bench-'));
try {
  const file = path.join(directory, 'history.db');
  const history = openHistory(file, { create: true });
  const empty = reportOf(bundleOf(TARGETS), CHECKS, { failOn: 'medium', allowEmpty: false });
  const recording: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const bundle = bundleOfRun(run);
    const { session, startedAt, finishedAt } = bundle;
    const findings = empty.findings.map((finding, index) => ({ ...finding, status: statusOf(run, index) }));
    const report = { ...empty, session, startedAt, finishedAt, findings };
    const start = performance.now();
    await history.record({
      bundle,
      report,
      options: { failOn: 'medium', allowEmpty: false },
      trigger: { kind: 'schedule', text: 'every six hours' },
    });
    recording.push(performance.now() - start);
  }
  const timed = async (work: () => unknown): Promise<string> => {
    const times: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const start = performance.now();
      await work();
      times.push(performance.now() - start);
    }
    return `${median(times).toFixed(1)} ms`;
  };
  const last = recording.slice(-20);
  const { tool } = empty;
  const course = history.course();
  const trend = trendOf(course, { tool });
  const rows: readonly (readonly [string, string])[] = [
    ['runs, servers, findings of a run', `${RUNS}, ${TARGETS}, ${empty.findings.length}`],
    ['bundle of a run', `${(JSON.stringify(bundleOfRun(1)).length / 1e6).toFixed(2)} MB`],
    ['record, first 20 runs', `${median(recording.slice(0, 20)).toFixed(0)} ms`],
    ['record, last 20 runs', `${median(last).toFixed(0)} ms (at most ${Math.max(...last).toFixed(0)} ms)`],
    ['file', `${(statSync(file).size / 1e6).toFixed(1)} MB, ${(statSync(file).size / RUNS / 1e3).toFixed(0)} kB a run`],
    ['open', await timed(() => openHistory(file).close())],
    ['list, 20 runs', await timed(() => history.runs({ limit: 20 }))],
    ['list, all runs', await timed(() => history.runs())],
    ['show: one run with its findings', await timed(() => history.recordOf(RUNS))],
    ['show: its bundle, unpacked and validated', await timed(async () => history.bundleOf(RUNS))],
    ['trend: days and areas', await timed(() => history.days())],
    ['trend: days and areas of one server', await timed(() => history.days({ target: 'server-1' }))],
    ['failures: all of them', await timed(() => history.failures())],
    ['failures: open ones of one server', await timed(() => history.failures({ target: 'server-1', state: 'open' }))],
    ['trend: rows of the page', await timed(() => history.course())],
    ['trend: rows of one server', await timed(() => history.course({ target: 'server-1' }))],
    ['trend: figures', await timed(() => trendOf(course, { tool }))],
    ['trend: page', `${await timed(() => renderTrendHtml(trend))}, ${(renderTrendHtml(trend).length / 1e3).toFixed(0)} kB`],
    ['check', await timed(async () => history.check())],
    ['prune to half', await timed(() => history.prune({ keepRuns: Math.ceil(RUNS / 2) }))],
  ];
  for (const [what, figure] of rows) console.log(`${what.padEnd(42)} ${figure}`);
  history.close();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
