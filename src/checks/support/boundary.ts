import type { AttemptOutcome, PairedAttempt } from '../../model/attempt.ts';
import type { Verdict } from '../../model/check.ts';
import type { Target } from '../../model/target.ts';
import { somethingAnswered } from './answer.ts';
import { controlSucceeded, reachOf, type Reach } from './decide.ts';
import type { JudgedPair } from './egress.ts';
import { evidenceOf, reproduceAttempt } from './evidence.ts';

/** Forbidden endpoints around one declared host, by what is known of each. */
export interface Around {
  readonly reached: readonly JudgedPair[];
  readonly stopped: readonly JudgedPair[];
  /** Somebody took the connection, and it is open who: nothing may be called held back beside this. */
  readonly open: readonly JudgedPair[];
  /** Nobody is there for the control either: there is nothing to reach. */
  readonly absent: readonly JudgedPair[];
  /** Not tried, or its control is worth nothing. */
  readonly unknown: readonly JudgedPair[];
}

/** A judgement that may know that there is nothing to reach. */
export type BoundaryReach = Reach & { readonly absent?: boolean };

/** `all` are the attempts of the same look: they show whether the controls could reach anything. */
export function sortAround(
  pairs: readonly PairedAttempt[],
  all: readonly PairedAttempt[],
  judge: (pair: PairedAttempt) => BoundaryReach = boundaryReach,
): Around {
  const judged = pairs.map((pair) => ({ pair, reach: judge(pair) }));
  const undecided = judged.filter(({ reach }) => reach.state === 'undecided');
  const open = undecided.filter(({ pair, reach }) => reach.absent !== true && isTaken(pair));
  const absent = undecided.filter((one) => one.reach.absent === true || (!open.includes(one) && isAbsent(one.pair, all)));
  return {
    reached: judged.filter(({ reach }) => reach.state === 'reached'),
    stopped: judged.filter(({ reach }) => reach.state === 'blocked' || reach.state === 'elsewhere'),
    open,
    absent,
    unknown: undecided.filter((one) => !open.includes(one) && !absent.includes(one)),
  };
}

/** Somebody took the connection or answered the question. */
function isTaken({ target, spec }: PairedAttempt): boolean {
  return somethingAnswered(target) === 'yes' || (spec.resolver !== undefined && target.answer !== undefined);
}

/**
 * As `reachOf`, and a name server that refuses a name of which the control was told that it does not exist has decided
 * by the name: nobody who serves it could have been reached.
 */
export function boundaryReach(pair: PairedAttempt): BoundaryReach {
  const { target, controls } = pair;
  const refused = target.outcome === 'servfail' && target.phase === 'resolve' && /^REFUSED\b/.test(target.detail ?? '');
  if (refused && controls.some(({ attempt }) => attempt.outcome === 'nxdomain')) {
    return { state: 'blocked', why: 'the name server refused the name, of which the control was told that it does not exist' };
  }
  return reachOf(pair);
}

const NOTHING: ReadonlySet<AttemptOutcome> = new Set(['refused', 'nxdomain', 'timeout', 'unreachable']);

/**
 * The target's attempt was made, and the control found no such name or nobody behind it, while the controls of the same
 * look got through elsewhere: it is not they that are cut off.
 */
function isAbsent({ target, controls }: PairedAttempt, all: readonly PairedAttempt[]): boolean {
  return (
    target.outcome !== 'not-run' &&
    target.outcome !== 'probe-error' &&
    controls.length > 0 &&
    controls.every(({ attempt }) => NOTHING.has(attempt.outcome)) &&
    all.some(controlSucceeded)
  );
}

/** What a verdict about the endpoints around one declared host says, besides its status. */
export interface AroundTexts {
  readonly subject: string;
  readonly expected: string;
  /** Of attempts, e.g. `22, 80 by proxy`. */
  readonly list: (judged: readonly JudgedPair[]) => string;
  readonly failed: (reached: string) => string;
  readonly held: (stopped: string) => string;
  readonly undecided: (endpoints: string) => string;
  readonly nothing: (endpoints: string) => string;
}

/** One verdict: what was reached, what is open, what was held back, what does not exist, in this order. */
export function judgeAround(around: Around, texts: AroundTexts, target: Target): Verdict {
  const { reached, stopped, open, absent, unknown } = around;
  const { subject, expected, list } = texts;
  const decisive = reached[0] ?? open[0] ?? stopped[0] ?? unknown[0] ?? absent[0];
  const rest = [...open, ...unknown, ...absent];
  const facts = {
    subject,
    expected,
    actual: reached.length === 0 ? 'none reached' : `reached: ${list(reached)}`,
    evidence: [
      ...[...reached, ...stopped].flatMap(({ pair }) => evidenceOf(pair)),
      ...(rest.length === 0 ? [] : [`undecided ports or names, mostly because nobody answers the control there: ${list(rest)}`]),
      ...rest.flatMap(({ pair }) => evidenceOf(pair)),
    ],
    ...(decisive !== undefined && { reproduce: reproduceAttempt(target, decisive.pair) }),
  };
  if (reached.length > 0) return { ...facts, status: 'fail', message: `${texts.failed(list(reached))}.` };
  const [doubt] = [...open, ...unknown];
  const why = doubt?.reach.why ?? 'none was tried';
  if (open.length > 0) return { ...facts, status: 'inconclusive', message: `${texts.undecided(list(open))}: ${why}.` };
  if (stopped.length > 0) {
    const also = rest.length === 0 ? '' : `; open are ${list(rest)}`;
    return { ...facts, status: 'pass', message: `${texts.held(list(stopped))}${also}.` };
  }
  return unknown.length === 0 && absent.length > 0
    ? { ...facts, status: 'not-applicable', message: `${texts.nothing(list(absent))}.` }
    : { ...facts, status: 'inconclusive', message: `${texts.undecided(list(rest))}: ${why}.` };
}

/** How an attempt was made, as it stands behind its endpoint: ` by proxy`, ` over IPv6` or nothing. */
export function wayOf({ spec: { family, path } }: PairedAttempt): string {
  return path === 'proxy' ? ' by proxy' : family === 6 ? ' over IPv6' : '';
}
