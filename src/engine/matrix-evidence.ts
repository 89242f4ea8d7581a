import { somethingAnswered } from '../checks/support/answer.ts';
import { carriedOut, reachOf } from '../checks/support/decide.ts';
import { endpointOf } from '../checks/support/evidence.ts';
import type { AttemptSpec, PairedAttempt } from '../model/attempt.ts';
import type { Finding, MatrixCell } from '../model/report.ts';

export type Observed = MatrixCell['observed'];

/** The bounds of the published schema. */
const MAX_ENDPOINTS = 8;
const MAX_FINDINGS = 16;

/** What is there as soon as anything answers, whoever it is: no control has to answer in the same way. */
function anyAnswer({ kind, purpose }: AttemptSpec): boolean {
  return kind === 'mcp' || purpose === 'metadata' || purpose === 'management';
}

/** One attempt by the rules that the checks go by. */
export function judgePair(pair: PairedAttempt): Exclude<Observed, 'absent'> {
  const { spec, target, controls } = pair;
  if (anyAnswer(spec)) {
    const inside = somethingAnswered(target);
    // Whoever answers without a session has opened none; that somebody is there, the attempt at the port says.
    if (inside === 'yes') return spec.kind === 'mcp' && target.outcome !== 'connected' ? 'unknown' : 'reached';
    return inside === 'no' && controls.some(({ attempt }) => somethingAnswered(attempt) === 'yes') ? 'held' : 'unknown';
  }
  switch ((spec.purpose === 'dns-exfiltration' ? carriedOut : reachOf)(pair).state) {
    case 'reached':
      return 'reached';
    case 'elsewhere':
    case 'blocked':
      return 'held';
    case 'undecided':
      return 'unknown';
  }
}

/** A server of a peer was met where it is, with a session or without one. */
export function metServer({ spec, target }: PairedAttempt): boolean {
  return spec.purpose === 'peer-session' && somethingAnswered(target) === 'yes';
}

/**
 * Where it was decided: the endpoints that were reached, or held, or that are open.
 * @param failed the findings that failed
 */
export function endpointsOf(pairs: readonly PairedAttempt[], observed: Observed, failed: readonly Finding[]): string[] {
  if (observed === 'absent') return [];
  const matching = pairs.filter((pair) => judgePair(pair) === observed);
  // Another service may have the port of a management API, and a stack that refuses is a route: findings name theirs.
  const named =
    observed !== 'reached'
      ? matching
      : matching.filter(({ spec }) => spec.purpose !== 'management' || isNamed(spec.subject, failed));
  const shown = named.length > 0 || observed !== 'reached' ? named : pairs.filter(({ spec }) => isNamed(spec.host, failed));
  return [...new Set(shown.map(nameOf))].slice(0, MAX_ENDPOINTS);
}

function isNamed(text: string, findings: readonly Finding[]): boolean {
  return findings.some(({ subject }) => subject.includes(text));
}

/** A name below a canary's holds the session and differs in every run: its subject does not. */
function nameOf(pair: PairedAttempt): string {
  const { spec } = pair;
  if (spec.kind === 'dns') return spec.subject;
  const endpoint = spec.kind === 'mcp' ? `${endpointOf(pair)} (MCP)` : endpointOf(pair);
  return spec.path === 'proxy' ? `${endpoint} by proxy` : endpoint;
}

/** Findings that speak of a cell, those first that made it what it is. */
export function deciding(findings: readonly Finding[], observed: Observed): MatrixCell['findings'] {
  const rank = (status: Finding['status']): number => {
    switch (status) {
      case 'fail':
        return 0;
      case 'inconclusive':
      case 'error':
        return observed === 'unknown' ? 0 : 1;
      case 'pass':
        return 2;
      case 'not-applicable':
        return 3;
    }
  };
  return findings
    .toSorted((a, b) => rank(a.status) - rank(b.status))
    .slice(0, MAX_FINDINGS)
    .map(({ check, fingerprint }) => ({ check, fingerprint }));
}
