import { execFileSync } from 'node:child_process';
import { CHECKS } from '../src/checks/registry.ts';
import { reportOf } from '../src/engine/report.ts';
import type { Finding, Report } from '../src/model/report.ts';
import { FORMATS, isFormat, REPORTERS } from '../src/reporters/registry.ts';
import { bundleOf } from './bundle.ts';

/**
 * What each format costs for a bundle of 500 targets that all reach each other's neighbours: time to render, and the
 * peak memory of a process that judges the bundle and renders that one format.
 */
const TARGETS = 500;
const ROUNDS = 5;
/** Findings of a target that are made to fail, each with the evidence of a real one. */
const FAILING = 20;

/** Half of the findings fail, with evidence; without an engine nothing else could be told of them. */
function reportOfMany(): Report {
  const report = reportOf(bundleOf(TARGETS), CHECKS, { failOn: 'medium', allowEmpty: false });
  const findings = report.findings.map((finding, index): Finding =>
    index % CHECKS.length >= FAILING
      ? finding
      : {
          ...finding,
          status: 'fail',
          subject: `203.0.113.10:${index}`,
          message: 'A connection was made and the same peer answered as answers the control.',
          expected: 'not reached: nothing is declared',
          actual: 'connected',
          evidence: [
            '203.0.113.10:443/tcp direct, IPv4: connected after 3 ms at 203.0.113.10',
            'control on an ordinary bridge: connected after 3 ms at 203.0.113.10',
          ],
          reproduce: `docker run --rm --network container:${finding.target} busybox nc -w 2 203.0.113.10 443`,
        },
  );
  return { ...report, findings };
}

const chosen = process.argv[2] ?? '';
if (isFormat(chosen)) {
  const report = reportOfMany();
  const options = { color: false, verbose: false, quiet: false, width: 100 };
  const times = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    const { length } = REPORTERS[chosen].render(report, options);
    return { ms: performance.now() - start, length };
  });
  const first = times[0] ?? { ms: Number.NaN, length: 0 };
  const best = Math.min(...times.map(({ ms }) => ms));
  const cells = report.matrix.rows.reduce((sum, { cells: row }) => sum + row.length, 0);
  console.log(
    `${chosen.padEnd(14)} first ${first.ms.toFixed(0)} ms, best of ${ROUNDS} ${best.toFixed(0)} ms, ${(first.length / 1e6).toFixed(2)} MB, peak ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB (${report.findings.length} findings, ${cells} cells)`,
  );
} else {
  for (const format of FORMATS) {
    process.stdout.write(execFileSync(process.execPath, [import.meta.filename, format], { encoding: 'utf8' }));
  }
}
