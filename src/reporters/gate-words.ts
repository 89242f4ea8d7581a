import type { BaselineChange, BaselineComparison } from '../model/baseline.ts';
import type { Report } from '../model/report.ts';
import type { AttestationResult, WaiverResult, WaiverState } from '../model/waiver.ts';
import { count } from '../model/text.ts';

/** The states of a change, those first that somebody has to look at. */
export const CHANGE_STATES = [
  'new',
  'incomparable',
  'resolved',
  'unchanged',
] as const satisfies readonly BaselineChange['state'][];

/** `15 of 19 findings decided (78.9 %)`. */
export function coverageText({ coverage: { decided, applicable, percent } }: Report['summary']): string {
  return percent === undefined ? 'no finding applies' : `${decided} of ${count(applicable, 'finding')} decided (${percent} %)`;
}

/** `1 new · 0 incomparable · 2 resolved · 3 unchanged`. */
export function baselineText({ counts }: BaselineComparison, separator = ' · '): string {
  return CHANGE_STATES.map((state) => `${counts[state]} ${state}`).join(separator);
}

/** What has changed, as all but the unchanged is told, in the order of the states. */
export function toldChanges({ changes }: BaselineComparison): readonly BaselineChange[] {
  return CHANGE_STATES.filter((state) => state !== 'unchanged').flatMap((state) =>
    changes.filter((change) => change.state === state),
  );
}

/** What the baseline says of each finding that is in it or fails; empty without a baseline. */
export function changesByFingerprint({ baseline }: Pick<Report, 'baseline'>): ReadonlyMap<string, BaselineChange> {
  return new Map((baseline?.changes ?? []).map((change) => [change.fingerprint, change]));
}

const CHANGE_WORDS: Readonly<Record<BaselineChange['state'], string>> = {
  new: 'new since the baseline',
  unchanged: 'as in the baseline',
  resolved: 'resolved since the baseline',
  incomparable: 'cannot be compared with the baseline',
};

/** What somebody who reads one finding is told of its past. */
export function changeWords({ state, why }: Pick<BaselineChange, 'state' | 'why'>): string {
  return why === undefined ? CHANGE_WORDS[state] : `${CHANGE_WORDS[state]}: ${why}`;
}

const WAIVER_WORDS: Readonly<Record<WaiverState, string>> = {
  applied: 'applied',
  unused: 'covers nothing',
  expired: 'expired',
  'not-asked': 'not asked',
  undecided: 'its check could not decide everything',
};

/** `applied, 1 finding`, or `covers nothing`. */
export function waiverState({ state, findings }: WaiverResult): string {
  return findings === 0 ? WAIVER_WORDS[state] : `${WAIVER_WORDS[state]}, ${count(findings, 'finding')}`;
}

/** `platform-team, OPS-311, until 2027-01-31`. */
export function waiverOwner({ owner, ticket, expires }: Pick<WaiverResult, 'owner' | 'ticket' | 'expires'>): string {
  return [owner, ...(ticket === undefined ? [] : [ticket]), `until ${expires}`].join(', ');
}

/** One waiver and what became of it, as a sentence. */
export function waiverSentence(waiver: WaiverResult): string {
  const { id, target, subject } = waiver;
  return `Waiver of ${id} on ${target}, ${subject} (${waiverOwner(waiver)}): ${waiverState(waiver)}.`;
}

/** It has to be looked at: it has ended, or covers nothing. */
export function isDead({ state }: WaiverResult): boolean {
  return state === 'expired' || state === 'unused';
}

/** Those that have to be looked at come first. */
export function byUrgency(waivers: readonly WaiverResult[]): readonly WaiverResult[] {
  return waivers.toSorted((a, b) => Number(isDead(b)) - Number(isDead(a)));
}

/** `platform-team, ended on 2026-10-31; HARD-001, HARD-002`. */
export function attestationOwner({ owner, expires, expired, checks }: AttestationResult): string {
  return `${owner}, ${expired ? 'ended on' : 'until'} ${expires}; ${checks.join(', ')}`;
}
