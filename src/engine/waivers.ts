import type { Finding } from '../model/report.ts';
import { count, escapeText } from '../model/text.ts';
import type { Attestation, AttestationResult, Waiver, WaiverResult, WaiverState } from '../model/waiver.ts';
import { matchesGlob } from './glob.ts';

/** From here on a run says that a waiver ends soon, days. */
const SOON = 14;
const DAY_MS = 86_400_000;

export interface WaiverContext {
  /** Only its day in UTC counts: a runner's time zone must not decide whether a build passes. */
  readonly now: Date;
  /** Ids of the checks that were asked. */
  readonly checks: readonly string[];
  /** Names of the servers that were looked at. */
  readonly targets: readonly string[];
}

export interface WaivedFindings {
  readonly findings: readonly Finding[];
  readonly results: readonly WaiverResult[];
  /** For people: what ended, ends soon, or covers nothing. */
  readonly notes: readonly string[];
}

/**
 * Marks the findings that a waiver covers. They stay what they are: a waived failure is no pass. Only failures are
 * covered, and what could not be decided where the waiver says so; a check that broke never is. Where several cover
 * one finding, the first is shown, and all count as applied.
 */
export function applyWaivers(findings: readonly Finding[], waivers: readonly Waiver[], context: WaiverContext): WaivedFindings {
  const states = waivers.map((waiver) => ({ waiver, daysLeft: daysLeft(waiver.expires, context.now), covered: 0 }));
  const marked = findings.map((finding) => {
    const covering = states.filter(({ waiver }) => covers(waiver, finding));
    const first = covering.find((state) => state.daysLeft >= 0);
    for (const state of covering) {
      // What another one still covers does not count again when this one ends.
      if (state.daysLeft >= 0 || first === undefined) state.covered += 1;
    }
    return first === undefined ? finding : { ...finding, waived: mark(first.waiver) };
  });
  const results = states.map(({ waiver, daysLeft: left, covered }): WaiverResult => ({
    ...waiver,
    state: stateOf(waiver, left, covered, findings, context),
    findings: covered,
    daysLeft: left,
  }));
  return { findings: marked, results, notes: notesOf(results) };
}

function covers({ id, target, subject, inconclusive }: Waiver, finding: Finding): boolean {
  const status = finding.status === 'fail' || (inconclusive === true && finding.status === 'inconclusive');
  return status && id === finding.check && matchesGlob(target, finding.target) && matchesGlob(subject, finding.subject);
}

function mark({ reason, expires, owner, ticket }: Waiver): NonNullable<Finding['waived']> {
  return { reason, expires, owner, ...(ticket === undefined ? {} : { ticket }) };
}

/** Whole days of UTC from today to the last day. */
function daysLeft(expires: string, now: Date): number {
  return Math.round((Date.parse(`${expires}T00:00:00Z`) - Date.parse(`${now.toISOString().slice(0, 10)}T00:00:00Z`)) / DAY_MS);
}

function stateOf(
  { id, target }: Waiver,
  left: number,
  covered: number,
  findings: readonly Finding[],
  { checks, targets }: WaiverContext,
): WaiverState {
  if (left < 0) return 'expired';
  if (covered > 0) return 'applied';
  if (!checks.includes(id) || !targets.some((name) => matchesGlob(target, name))) return 'not-asked';
  const open = findings.some(
    ({ check, status, target: name }) =>
      check === id && (status === 'inconclusive' || status === 'error') && matchesGlob(target, name),
  );
  return open ? 'undecided' : 'unused';
}

function notesOf(results: readonly WaiverResult[]): readonly string[] {
  const unasked = results.filter(({ state }) => state === 'not-asked').length;
  return [
    ...results.flatMap((result) => noteOf(result) ?? []),
    ...(unasked === 0 ? [] : [`${unasked} of ${results.length} waivers are for checks or servers that are no part of this run.`]),
  ];
}

function noteOf(result: WaiverResult): string | undefined {
  const { id, target, subject, owner, expires, state, findings, daysLeft: left } = result;
  const name = `The waiver of ${id} on ${escapeText(target, 80)}, ${escapeText(subject, 120)} (${escapeText(owner, 80)})`;
  if (state === 'expired') {
    const effect =
      findings === 0 ? 'there is nothing left that it would cover' : `${count(findings, 'finding')} it covered count again`;
    return `${name} ended on ${expires}: ${effect}.`;
  }
  if (state === 'unused') return `${name} covers nothing: what it was for is gone, or it never fitted.`;
  if (state !== 'applied' || left > SOON) return undefined;
  return left === 0 ? `${name} ends today.` : `${name} ends on ${expires}, in ${count(left, 'day')}.`;
}

/** Carried beside the findings; no check takes an attestation for evidence. */
export function attestationResults(attestations: readonly Attestation[], now: Date): readonly AttestationResult[] {
  return attestations.map(({ statement, owner, expires, checks }) => ({
    statement,
    owner,
    expires,
    checks: [...checks],
    expired: daysLeft(expires, now) < 0,
  }));
}
