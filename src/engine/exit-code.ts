import type { ErrorCode } from '../errors.ts';
import { SEVERITIES, type Severity } from '../model/check.ts';
import type { Finding } from '../model/report.ts';

export const EXIT = { clean: 0, violation: 1, usage: 2, inconclusive: 3, engine: 4, interrupted: 130 } as const;

export interface ExitDecision {
  readonly code: number;
  readonly reason: string;
}

export interface ExitOptions {
  /** Failures below this severity do not fail the run; `never` = none does. */
  readonly failOn: Severity | 'never';
  readonly allowEmpty: boolean;
  readonly targets: number;
  readonly interrupted: boolean;
  readonly engineFailure?: string;
}

/** The one place where findings become an exit code; precedence 130, 4, 1, 3, 0 (usage errors never get here). */
export function decideExit(findings: readonly Finding[], options: ExitOptions): ExitDecision {
  if (options.interrupted)
    return { code: EXIT.interrupted, reason: 'The run was interrupted; what was finished is in the report.' };
  if (options.engineFailure !== undefined) return { code: EXIT.engine, reason: options.engineFailure };
  const open = findings.filter(({ waived }) => waived === undefined);
  const violations = open.filter(({ status, severity }) => status === 'fail' && reaches(severity, options.failOn));
  if (violations.length > 0) {
    return { code: EXIT.violation, reason: `${count(violations.length, 'violation')} at or above ${options.failOn}.` };
  }
  if (options.targets === 0 && options.allowEmpty)
    return { code: EXIT.clean, reason: 'No MCP server was found, which was allowed.' };
  if (options.targets === 0) return { code: EXIT.inconclusive, reason: 'No MCP server was found: nothing was proven.' };
  const undecided = open.filter(({ status }) => status === 'inconclusive' || status === 'error').length;
  if (undecided > 0) return { code: EXIT.inconclusive, reason: `${count(undecided, 'finding')} could not be decided.` };
  if (!open.some(({ status }) => status === 'pass' || status === 'fail')) {
    return { code: EXIT.inconclusive, reason: 'No check could be decided: nothing was proven.' };
  }
  return { code: EXIT.clean, reason: 'Every check was decided, and none failed at the gate.' };
}

function reaches(severity: Severity, gate: Severity | 'never'): boolean {
  return gate !== 'never' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(gate);
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}

/** The exit code of an error that ended the run. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'usage':
    case 'profile-invalid':
    case 'profile-unreadable':
    case 'bundle-invalid':
    case 'bundle-unreadable':
    case 'target-not-found':
      return EXIT.usage;
    case 'engine-unreachable':
    case 'engine-permission':
    case 'engine-failed':
    case 'image-failed':
    case 'output-failed':
      return EXIT.engine;
    case 'interrupted':
      return EXIT.interrupted;
  }
}
