import type { ErrorCode } from '../errors.ts';
import type { BaselineChange, BaselineComparison } from '../model/baseline.ts';
import { SEVERITIES, type Severity } from '../model/check.ts';
import type { Finding, Report } from '../model/report.ts';
import type { WaiverResult } from '../model/waiver.ts';
import { coverageOf } from './coverage.ts';
import { count } from '../model/text.ts';

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
  /** What is as it was there fails no run; what is out of sight leaves it undecided. */
  readonly baseline?: BaselineComparison;
  /** What became of each waiver, where one that covers nothing or has ended fails the run. */
  readonly waivers?: readonly WaiverResult[];
  /** Share of findings that have to be decided, percent. */
  readonly minCoverage?: number;
}

/** A run that broke off shows failures, and what it does not show is not gone. */
export function isComplete({ interrupted, exit }: Pick<Report, 'interrupted' | 'exit'>): boolean {
  return !interrupted && exit.code !== EXIT.interrupted && exit.code !== EXIT.engine;
}

/** The one place where findings become an exit code; precedence 130, 4, 1, 3, 0 (usage errors never get here). */
export function decideExit(findings: readonly Finding[], options: ExitOptions): ExitDecision {
  if (options.interrupted)
    return { code: EXIT.interrupted, reason: 'The run was interrupted; what was finished is in the report.' };
  if (options.engineFailure !== undefined) return { code: EXIT.engine, reason: options.engineFailure };
  const open = findings.filter(({ waived }) => waived === undefined);
  const known = new Set(changesOf(options, 'unchanged').map(({ fingerprint }) => fingerprint));
  const failures = open.filter(({ status, severity }) => status === 'fail' && reaches(severity, options.failOn));
  const violations = failures.filter(({ fingerprint }) => !known.has(fingerprint));
  if (violations.length > 0) {
    const since = options.baseline === undefined ? '' : ' that the baseline does not have';
    return { code: EXIT.violation, reason: `${count(violations.length, 'violation')} at or above ${options.failOn}${since}.` };
  }
  const dead = deadWaivers(options.waivers ?? []);
  if (dead !== undefined) return { code: EXIT.violation, reason: dead };
  if (options.targets === 0 && options.allowEmpty)
    return { code: EXIT.clean, reason: 'No MCP server was found, which was allowed.' };
  if (options.targets === 0) return { code: EXIT.inconclusive, reason: 'No MCP server was found: nothing was proven.' };
  const uncovered = lackOfCoverage(findings, options.minCoverage);
  if (uncovered !== undefined) return { code: EXIT.inconclusive, reason: uncovered };
  const undecided = open.filter(({ status }) => status === 'inconclusive' || status === 'error').length;
  if (undecided > 0) return { code: EXIT.inconclusive, reason: `${count(undecided, 'finding')} could not be decided.` };
  const lost = changesOf(options, 'incomparable').filter(({ fails, severity }) => !fails && reaches(severity, options.failOn));
  if (lost.length > 0) {
    return {
      code: EXIT.inconclusive,
      reason: `${count(lost.length, 'entry', 'entries')} of the baseline cannot be compared with this run.`,
    };
  }
  // A waived failure was looked at and decided; it is accepted, not unknown.
  if (!findings.some(({ status }) => status === 'pass' || status === 'fail')) {
    return { code: EXIT.inconclusive, reason: 'No check could be decided: nothing was proven.' };
  }
  return { code: EXIT.clean, reason: cleanReason(findings.length - open.length, failures.length) };
}

/** Nobody misses a waiver that has stopped to work, until somebody relies on it. */
function deadWaivers(waivers: readonly WaiverResult[]): string | undefined {
  const expired = waivers.filter(({ state }) => state === 'expired').length;
  const unused = waivers.filter(({ state }) => state === 'unused').length;
  const parts = [
    ...(expired === 0 ? [] : [`${count(expired, 'waiver')} ${expired === 1 ? 'has' : 'have'} ended`]),
    ...(unused === 0 ? [] : [`${count(unused, 'waiver')} ${unused === 1 ? 'covers' : 'cover'} nothing`]),
  ];
  return parts.length === 0 ? undefined : `${parts.join(', ')} (--fail-on-unused-waiver).`;
}

function lackOfCoverage(findings: readonly Finding[], minimum = 0): string | undefined {
  const { decided, applicable, percent } = coverageOf(findings);
  if (percent === undefined || decided * 100 >= minimum * applicable) return undefined;
  return `${decided} of ${count(applicable, 'finding')} were decided: ${percent} %, and --min-coverage asks for ${minimum} %.`;
}

function changesOf({ baseline }: ExitOptions, state: BaselineChange['state']): readonly BaselineChange[] {
  return (baseline?.changes ?? []).filter((change) => change.state === state);
}

function cleanReason(waived: number, known: number): string {
  const accepted = [...(waived === 0 ? [] : [`${waived} waived`]), ...(known === 0 ? [] : [`${known} as in the baseline`])];
  const beyond = accepted.length === 0 ? '' : ` beyond ${accepted.join(' and ')}`;
  return `Every check was decided, and none failed at the gate${beyond}.`;
}

export function reaches(severity: Severity, gate: Severity | 'never'): boolean {
  return gate !== 'never' && SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(gate);
}

/** The exit code of an error that ended the run. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case 'usage':
    case 'profile-invalid':
    case 'profile-unreadable':
    case 'bundle-invalid':
    case 'bundle-unreadable':
    case 'config-invalid':
    case 'config-unreadable':
    case 'key-invalid':
    case 'key-unreadable':
    case 'evidence-invalid':
    case 'evidence-unreadable':
    case 'target-not-found':
      return EXIT.usage;
    case 'engine-unreachable':
    case 'engine-permission':
    case 'engine-failed':
    case 'image-failed':
    case 'output-failed':
    case 'history-failed':
      return EXIT.engine;
    case 'interrupted':
      return EXIT.interrupted;
  }
}
