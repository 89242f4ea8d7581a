import { isWorse, type When } from '../engine/sight.ts';
import { SEVERITIES } from '../model/check.ts';
import type { DriftChange, DriftFinding } from '../model/drift.ts';
import { flipsOf, type Flip } from './flips.ts';
import { byPlace, byReason, ownerOf, type Group } from './group.ts';
import type { Views } from './view.ts';
import { closedText, endpointsOf, incomparableText, openedText } from './words.ts';

export interface FindingDrift {
  readonly opened: readonly DriftChange[];
  readonly closed: readonly DriftChange[];
  readonly incomparable: readonly DriftChange[];
  /** What neither run could decide. */
  readonly undecided: readonly DriftFinding[];
}

/** What opened and closed, what cannot be compared, and what nobody knows; each the most severe first. */
export function findingDrift(views: Views): FindingDrift {
  const flips = flipsOf(views);
  const of = (kind: Flip['kind']): readonly Flip[] => flips.filter((flip) => flip.kind === kind);
  return {
    opened: byPlace(of('opened')).map(placeChange).toSorted(bySeverity),
    closed: byPlace(of('closed')).map(placeChange).toSorted(bySeverity),
    incomparable: [
      ...interruptions(views),
      ...byReason(of('incomparable'), views)
        .map((group) => reasonChange(group, views))
        .toSorted(bySeverity),
    ],
    undecided: of('undecided').flatMap(findingOf).toSorted(bySeverity),
  };
}

type Ranked = Pick<DriftChange, 'severity' | 'target' | 'check' | 'subject'>;

function bySeverity(a: Ranked, b: Ranked): number {
  const rank = ({ severity }: Ranked): number => (severity === undefined ? SEVERITIES.length : SEVERITIES.indexOf(severity));
  return (
    rank(b) - rank(a) ||
    compare(a.target ?? '', b.target ?? '') ||
    compare(a.check ?? '', b.check ?? '') ||
    compare(a.subject ?? '', b.subject ?? '')
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function placeChange(group: Group): DriftChange {
  const sorted = ranked(group);
  const [worst] = sorted;
  const isOpened = worst.kind === 'opened';
  const ways = sorted.flatMap((flip) => flip.ways);
  const texts = endpointsOf(ways);
  const text = isOpened ? openedText(ways, worst) : closedText(ways, worst);
  return {
    kind: isOpened ? 'opened' : 'closed',
    ...about(sorted),
    ...(ways.length === 0 ? {} : { endpoints: [...texts] }),
    ...sides(worst),
    text,
  };
}

/** What either run says at this place, in a word or two. */
function sides({ after, before }: Flip): Pick<DriftChange, 'before' | 'after'> {
  return { before: before?.actual ?? before?.status ?? 'none', after: after?.actual ?? after?.status ?? 'none' };
}

function reasonChange(group: Group, views: Views): DriftChange {
  const sorted = ranked(group);
  const [worst] = sorted;
  const owner = ownerOf(worst, views);
  const why = worst.why ?? '';
  const { target: _, ...rest } = about(sorted);
  return {
    kind: 'incomparable',
    ...(owner === undefined ? {} : { target: owner }),
    ...rest,
    why,
    text: incomparableText(owner, why, sorted),
  };
}

function about(
  flips: Group,
): Pick<DriftChange, 'target' | 'check' | 'subject' | 'fingerprint' | 'severity' | 'findings' | 'waived'> {
  const findings = flips.flatMap(findingOf);
  const [worst] = findings;
  if (worst === undefined) return {};
  const { target, check, subject, fingerprint, severity } = worst;
  return {
    target,
    check,
    subject,
    fingerprint,
    severity,
    findings,
    ...(findings.every(({ waived }) => waived) ? { waived: true } : {}),
  };
}

/** Failures come before what held, and of each the most severe. */
function ranked(flips: Group): Group {
  const [first, ...others] = flips.toSorted((a, b) => {
    const [left, right] = [findingOf(a)[0], findingOf(b)[0]];
    if (left === undefined || right === undefined) return 0;
    return bySeverity(left, right);
  });
  return first === undefined ? flips : [first, ...others];
}

function findingOf({ kind, after, before }: Flip): readonly DriftFinding[] {
  const finding = (kind === 'closed' ? before : after) ?? after ?? before;
  if (finding === undefined) return [];
  const { check, target, subject, fingerprint } = finding;
  const other = finding === after ? before : after;
  // Of a severity that fell or rose the greater one weighs.
  const severity = other?.status === 'fail' && isWorse(other.severity, finding.severity) ? other.severity : finding.severity;
  const failing = [after, before].filter((each) => each?.status === 'fail');
  const isWaived = failing.length > 0 && failing.every((each) => each?.waived !== undefined);
  return [
    {
      check,
      target,
      subject,
      fingerprint,
      severity,
      ...(before === undefined ? {} : { before: before.status }),
      ...(after === undefined ? {} : { after: after.status }),
      ...(isWaived ? { waived: true } : {}),
    },
  ];
}

/** Of an interrupted run it is not known what it would have found. */
function interruptions({ before, after }: Views): readonly DriftChange[] {
  if (before.report.interrupted === after.report.interrupted) return [];
  const [which, when]: readonly [string, When] = after.report.interrupted ? ['later', 'now'] : ['earlier', 'then'];
  const why = `the ${which} run was interrupted`;
  const text = `Not everything can be compared: ${why}, and what it did not finish was not looked at ${when}.`;
  return [{ kind: 'incomparable', why, text }];
}
