import { anotherVersion, blindness, isUndecided, isWorse, undecidedWords, type When } from '../engine/sight.ts';
import type { Finding } from '../model/report.ts';
import { otherExpectation, otherSeverity } from './expected.ts';
import type { View, Views } from './view.ts';
import type { Way } from './ways.ts';
import { list } from './words.ts';

/** What became of one finding: both sides of it, or the one that has it. */
export interface Flip {
  readonly kind: 'opened' | 'closed' | 'incomparable' | 'undecided';
  readonly before?: Finding;
  readonly after?: Finding;
  /** Of `opened` and `closed`: what is reached on one side and not on the other, with what is known of the other. */
  readonly ways: readonly WayFlip[];
  /** Of `incomparable`. */
  readonly why?: string;
  /** The server that was not looked at on one side, where that is why. */
  readonly missing?: string;
}

export interface WayFlip {
  readonly way: Way;
  /** Absent: nobody dialled it there. */
  readonly other?: Way['state'];
}

/** Checks that hold servers against each other, whatever their subject. */
const AMONG_SERVERS: ReadonlySet<string> = new Set(['NET-003', 'NET-018', 'PIVOT-006']);
/** Calls a tool, and only where it was asked to. */
const TOOL_CALL = 'PIVOT-003';

/** What has changed of every finding that either run has. Failing as before, and passing as before, is nothing. */
export function flipsOf(views: Views): readonly Flip[] {
  const keys = new Set([...views.before.findings.keys(), ...views.after.findings.keys()]);
  return [...keys].flatMap((key) => flipsOfFinding(views.before.findings.get(key), views.after.findings.get(key), views));
}

function flipsOfFinding(before: Finding | undefined, after: Finding | undefined, views: Views): readonly Flip[] {
  if (before?.status === 'fail' && after?.status === 'fail') return stillFails(before, after, views);
  if (after?.status === 'fail') return failsOnce('opened', after, before, views);
  if (before?.status === 'fail') return failsOnce('closed', before, after, views);
  const lost = outOfSight(before, after, views);
  return lost === undefined ? [] : [lost];
}

/** It fails on one side. What was reached there has opened or closed as far as the other side saw that it was not. */
function failsOnce(kind: 'opened' | 'closed', failing: Finding, opposite: Finding | undefined, views: Views): readonly Flip[] {
  const [before, after] = kind === 'opened' ? [opposite, failing] : [failing, opposite];
  const found = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  const [here, there, when] =
    kind === 'opened' ? ([views.after, views.before, 'then'] as const) : ([views.before, views.after, 'now'] as const);
  const incomparable = (why: string, missing?: string): Flip => ({
    kind: 'incomparable',
    ...found,
    ways: [],
    why,
    ...(missing === undefined ? {} : { missing }),
  });
  const blind = whyBlind(failing, opposite, { here, there, when });
  if (blind !== undefined) return [incomparable(blind.why, blind.missing)];

  if (![...here.waysOf(failing).values()].some(({ state }) => state === 'reached')) {
    const why = otherExpectation(failing.check, failing.target, views.before, views.after);
    return [why === undefined ? { kind, ...found, ways: [] } : incomparable(why)];
  }
  const ways = differing(failing, here, there);
  const seen = ways.filter(isSeen);
  const unseen = ways.filter((way) => !isSeen(way));
  if (seen.length > 0) {
    const doubt = unseen.length === 0 ? [] : [incomparable(list(unseen.map((way) => unseenWords(way, when, way.way.text))))];
    return [{ kind, ...found, ways: seen }, ...doubt];
  }
  const [first] = unseen.toSorted((a, b) => (a.other ?? '').localeCompare(b.other ?? ''));
  if (first !== undefined) return [incomparable(unseenWords(first, when, 'it'))];
  // Whoever answers there on both sides, the check tells them apart.
  if (opposite?.status === 'pass') return [{ kind, ...found, ways: [] }];
  const was = when === 'now' ? 'is' : 'was';
  return [incomparable(`it ${was} reached ${when} as well, and no failure: what is expected of it changed`)];
}

/** From the side on which a finding is, to the one to which it is held. */
interface Direction {
  readonly here: View;
  readonly there: View;
  /** Which side is `there`. */
  readonly when: When;
}

/** Why the other side can say nothing about a failure. */
function whyBlind(
  failing: Finding,
  opposite: Finding | undefined,
  { here, there, when }: Direction,
): { readonly why: string; readonly missing?: string } | undefined {
  const another = anotherVersion(here.sight, there.sight);
  if (another !== undefined) return { why: another };
  if (opposite !== undefined && isUndecided(opposite)) return { why: undecidedWords(when) };
  const missing = missingServer(failing, here, there);
  if (missing !== undefined) return { why: missingWords(missing, when), missing };
  const blind = opposite === undefined ? blindness(failing, there.sight, when) : undefined;
  if (blind !== undefined) return { why: blind };
  return failing.check === TOOL_CALL && called(here) !== called(there)
    ? { why: `other tools were to be called ${when}` }
    : undefined;
}

/** The other side saw that it was not reached: it was held, or it is dialled wherever it is there, and was not there. */
function isSeen({ way, other }: WayFlip): boolean {
  return other === 'held' || (other === undefined && !way.chosen);
}

function unseenWords({ other }: WayFlip, when: When, what: string): string {
  const was = when === 'now' ? 'is' : 'was';
  return other === undefined ? `${what} ${was} not dialled ${when}` : `${what} could not be decided ${when}`;
}

/** A server that a finding speaks of and that the other run does not have. */
function missingServer({ check, subject, target }: Finding, here: View, there: View): string | undefined {
  if (!there.targets.has(target)) return target;
  if (check.startsWith('PIVOT-') && here.targets.has(subject) && !there.targets.has(subject)) return subject;
  if (!AMONG_SERVERS.has(check)) return undefined;
  return [...here.targets.keys()].find((name) => !there.targets.has(name));
}

function missingWords(name: string, when: When): string {
  return `${name} ${when === 'now' ? 'is' : 'was'} not looked at ${when}`;
}

function called({ report }: View): string {
  return JSON.stringify(report.options.call ?? null);
}

function differing(finding: Finding, here: View, there: View): readonly WayFlip[] {
  const ways = there.waysOf(finding);
  return [...here.waysOf(finding).values()].flatMap((way) => {
    const other = ways.get(way.key)?.state;
    return way.state !== 'reached' || other === 'reached' ? [] : [{ way, ...(other === undefined ? {} : { other }) }];
  });
}

/** A failure may grow: another way to the same place, or a severity that rose. */
function stillFails(before: Finding, after: Finding, views: Views): readonly Flip[] {
  // Where a failure was known anyway, only what was seen on both sides counts.
  const gained = differing(after, views.after, views.before).filter(isSeen);
  const lost = differing(before, views.before, views.after).filter(isSeen);
  const found = { before, after };
  return [
    ...(gained.length > 0 ? [{ kind: 'opened', ...found, ways: gained } as const] : []),
    ...(lost.length > 0 ? [{ kind: 'closed', ...found, ways: lost } as const] : []),
    ...(before.severity === after.severity || gained.length + lost.length > 0 ? [] : [severityFlip(before, after, views)]),
  ];
}

function severityFlip(before: Finding, after: Finding, views: Views): Flip {
  const why =
    anotherVersion(views.before.sight, views.after.sight) ?? otherSeverity(after.check, after.target, views.before, views.after);
  if (why !== undefined) return { kind: 'incomparable', before, after, ways: [], why };
  return { kind: isWorse(after.severity, before.severity) ? 'opened' : 'closed', before, after, ways: [] };
}

/** Neither side fails: what held and is not looked at any more, and what is undecided now. */
function outOfSight(before: Finding | undefined, after: Finding | undefined, views: Views): Flip | undefined {
  const found = { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }), ways: [] };
  const neither: Flip = { kind: 'undecided', ...found };
  const lost = (why: string | undefined, missing?: string): Flip | undefined =>
    why === undefined ? undefined : { kind: 'incomparable', ...found, why, ...(missing === undefined ? {} : { missing }) };
  if (after !== undefined) {
    if (!isUndecided(after)) return undefined;
    if (before !== undefined) return isUndecided(before) ? neither : lost(undecidedWords('now'));
    const missing = missingServer(after, views.after, views.before);
    if (missing !== undefined) return lost(missingWords(missing, 'then'), missing);
    if (!views.before.sight.checks.has(after.check)) return lost(blindness(after, views.before.sight, 'then'));
    return blindness(after, views.before.sight, 'then') === undefined ? lost(undecidedWords('now')) : neither;
  }
  if (before === undefined) return undefined;
  const blind = blindness(before, views.after.sight, 'now');
  if (isUndecided(before)) return blind === undefined ? undefined : neither;
  const missing = missingServer(before, views.before, views.after);
  if (missing !== undefined) return lost(missingWords(missing, 'now'), missing);
  return lost(blind ?? (before.status === 'pass' ? whyUnseen(before, views) : undefined));
}

/** It held, and nothing is said of it any more: nobody dials it, or it is reached and allowed. */
function whyUnseen(finding: Finding, { before, after }: Views): string | undefined {
  const then = [...before.waysOf(finding).values()];
  // What was to be reached, and was, hides nothing.
  if (then.length === 0 || then.some(({ state }) => state === 'reached')) return undefined;
  const ways = after.waysOf(finding);
  const now = then.map(({ key }) => ways.get(key)?.state);
  if (now.includes('reached')) return 'it is reached now, and no failure: what is expected of it changed';
  return then.every(({ chosen, key }) => chosen && !ways.has(key)) ? 'it is not dialled now' : undefined;
}
