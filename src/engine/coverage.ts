import type { Coverage, Finding } from '../model/report.ts';

/**
 * How much of what applies was decided. A waiver changes what fails a run, never what was seen: a waived failure was
 * decided, and what is waived although nobody could look was not.
 */
export function coverageOf(findings: readonly Finding[]): Coverage {
  const decided = findings.filter(({ status }) => status === 'pass' || status === 'fail').length;
  const applicable = findings.filter(({ status }) => status !== 'not-applicable').length;
  // Rounded down, so that nothing but everything is called 100 %.
  return applicable === 0
    ? { decided, applicable }
    : { decided, applicable, percent: Math.floor((decided * 1000) / applicable) / 10 };
}
