import type { Attempt, PairedAttempt, PeerEvidence } from '../../model/attempt.ts';

/**
 * What an attempt shows. `reached`: the right peer answered. `elsewhere`: something on the way answered
 * instead (a proxy that refused, another certificate). `blocked`: nothing came of it although a control,
 * made with the same client at the same moment, succeeded. `undecided`: everything else.
 */
export interface Reach {
  readonly state: 'reached' | 'elsewhere' | 'blocked' | 'undecided';
  /** Part of a sentence that says why. */
  readonly why: string;
}

/** Judges one attempt by its own outcome and by its controls; never calls a failure a block without one. */
export function reachOf(pair: PairedAttempt): Reach {
  const { target } = pair;
  switch (target.outcome) {
    case 'connected':
    case 'unauthorized':
    case 'other-protocol':
      return connectedTo(pair);
    case 'proxy-denied':
      return deniedByProxy(pair);
    case 'tls-failed':
      return {
        state: 'undecided',
        why: 'a connection was made and TLS failed on it: it was ended on the way, or by the destination',
      };
    case 'reset':
      return target.phase === 'connect' || target.phase === undefined
        ? failed(pair)
        : { state: 'undecided', why: 'a connection was made and then reset: on the way, or by the destination' };
    case 'timeout':
      return wasMade(target)
        ? {
            state: 'undecided',
            why: 'a connection was made and nothing came on it in time: it may be held up on the way, or slow',
          }
        : failed(pair);
    case 'refused':
    case 'unreachable':
    case 'nxdomain':
    case 'servfail':
    case 'permission':
    case 'proxy-unreachable':
      return failed(pair);
    case 'not-run':
      return { state: 'undecided', why: `the attempt was not made (${target.detail ?? 'no reason given'})` };
    case 'probe-error':
      return { state: 'undecided', why: `the probe failed (${target.detail ?? 'no reason given'})` };
  }
}

/** Whether there was a connection, and the attempt ended on it. */
function wasMade({ phase }: Attempt): boolean {
  return phase === 'tls' || phase === 'http' || phase === 'mcp';
}

/** Whether a control shows that the same attempt succeeds where it must. */
export function controlSucceeded(pair: PairedAttempt): boolean {
  return pair.controls.some(({ attempt }) => succeeded(attempt, pair.spec.nonce !== undefined));
}

function succeeded(attempt: Attempt, nonceExpected: boolean): boolean {
  return attempt.outcome === 'connected' && (!nonceExpected || attempt.nonce === 'matched');
}

function failed(pair: PairedAttempt): Reach {
  if (controlSucceeded(pair)) return { state: 'blocked', why: `${pair.target.outcome}, while the control succeeded` };
  const control = pair.controls[0];
  return {
    state: 'undecided',
    why:
      control === undefined
        ? `${pair.target.outcome}, and no control was made`
        : `${pair.target.outcome}, and the control failed too (${control.attempt.outcome})`,
  };
}

/**
 * A 4xx is the proxy's own refusal, whatever the destination does. 407 may only mean that the probe lacks a
 * way to log in that the target has; 408, 429, 5xx and an answer that is no HTTP are also what a dead
 * destination or a busy proxy gives, so these need a control.
 */
function deniedByProxy(pair: PairedAttempt): Reach {
  const said = pair.target.detail ?? 'no reason given';
  const status = pair.target.peer?.status ?? Number(/\b[1-5]\d\d\b/.exec(said)?.[0] ?? 0);
  // A destination that itself says 403 says so to the control as well: then it was reached, and nobody refused.
  const { peer } = pair.target;
  if (
    peer !== undefined &&
    pair.controls.some(({ attempt }) => attempt.peer !== undefined && samePeer(peer, attempt.peer) === 'same')
  ) {
    return { state: 'reached', why: `it answered as it answers the control (${said})` };
  }
  if (status === 407) return { state: 'undecided', why: 'the proxy asked for other credentials than the probe could give' };
  const refusal = pair.spec.path === 'proxy' && status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (refusal || controlSucceeded(pair)) return { state: 'elsewhere', why: `the proxy refused (${said})` };
  return { state: 'undecided', why: `the proxy gave up (${said}), and no control shows that the destination answers` };
}

function connectedTo(pair: PairedAttempt): Reach {
  const { target, spec } = pair;
  if (spec.nonce !== undefined) {
    if (target.nonce === 'matched') return { state: 'reached', why: 'the canary answered with its nonce' };
    if (controlSucceeded(pair)) return { state: 'elsewhere', why: 'something else than the canary answered' };
    return { state: 'undecided', why: 'something answered without the nonce, and no control shows the canary alive' };
  }
  const controls = pair.controls.filter(({ attempt }) => attempt.outcome === 'connected');
  if (controls.length === 0) return { state: 'reached', why: 'a connection was made' };
  const verdicts = controls.map(({ attempt }) => samePeer(target.peer, attempt.peer));
  if (verdicts.includes('same')) return { state: 'reached', why: 'it answered as it answers the control' };
  if (verdicts.includes('unclear'))
    return { state: 'undecided', why: 'a connection was made, but less was heard on it than on the control' };
  return { state: 'elsewhere', why: 'another peer answered than the one that answers the control' };
}

/** Characters of a greeting that are alike between two connections to one service, e.g. `SSH-2.0-`. */
const GREETING = 8;

/**
 * Compares who answered. Different certificates of one name are the same peer when the chain was valid
 * (large services use several); a page that differs in body alone may be dynamic and counts as the same.
 */
function samePeer(target: PeerEvidence | undefined, control: PeerEvidence | undefined): 'same' | 'other' | 'unclear' {
  const t = target ?? {};
  const c = control ?? {};
  if (c.certificate !== undefined) {
    if (t.certificate === undefined) return 'unclear';
    return t.certificate === c.certificate || t.authorized === true ? 'same' : 'other';
  }
  if (c.status !== undefined) {
    if (t.status === undefined) return 'unclear';
    if (t.body !== undefined && t.body === c.body) return 'same';
    if (t.status === c.status && t.server === c.server) return 'same';
    // One server may answer two requests in two ways (429, 503).
    return t.server !== undefined && t.server === c.server ? 'unclear' : 'other';
  }
  if (c.banner !== undefined) {
    if (t.banner === undefined) return 'unclear';
    // Greetings hold times, salts and names of one machine of many: a difference does not make another peer.
    return t.banner.slice(0, GREETING) === c.banner.slice(0, GREETING) ? 'same' : 'unclear';
  }
  return 'same';
}

/**
 * Whether a query under an undeclared name left the engine. Judged by an answer that only the zone's own
 * servers can give: the control's addresses are of no use (every query carries another nonce), so it is
 * records, or the owner of the SOA record that comes with NXDOMAIN.
 */
export function carriedOut(pair: PairedAttempt): Reach {
  const { target, controls } = pair;
  const answered = target.answer;
  const control = controls.find(({ attempt }) => attempt.answer !== undefined && forwarded(attempt))?.attempt;
  if (answered !== undefined && forwarded(target)) {
    if (control === undefined) return { state: 'reached', why: `the resolver answered with ${describeAnswer(target)}` };
    if (sameOrigin(target, control))
      return { state: 'reached', why: `the resolver answered as it answers the control: ${describeAnswer(target)}` };
    return {
      state: 'undecided',
      why: `the resolver answered ${describeAnswer(target)}, the control heard ${describeAnswer(control)}`,
    };
  }
  if (target.outcome === 'not-run' || target.outcome === 'probe-error') {
    return { state: 'undecided', why: `the query was not made (${target.detail ?? target.outcome})` };
  }
  if (control === undefined) return { state: 'undecided', why: `${target.outcome}, and no control got an answer` };
  return { state: 'blocked', why: `${describeAnswer(target)}, while the control heard ${describeAnswer(control)}` };
}

function forwarded(attempt: Attempt): boolean {
  const answer = attempt.answer;
  if (answer === undefined) return false;
  return answer.addresses.length > 0 || answer.soa !== undefined;
}

function sameOrigin(a: Attempt, b: Attempt): boolean {
  if (a.answer?.rcode !== b.answer?.rcode) return false;
  return (a.answer?.addresses.length ?? 0) > 0 === (b.answer?.addresses.length ?? 0) > 0 && a.answer?.soa === b.answer?.soa;
}

function describeAnswer(attempt: Attempt): string {
  const answer = attempt.answer;
  if (answer === undefined) return attempt.outcome;
  if (answer.addresses.length > 0) return `${answer.rcode} ${answer.addresses.join(' ')}`;
  return answer.soa === undefined ? answer.rcode : `${answer.rcode} from zone ${answer.soa}`;
}
