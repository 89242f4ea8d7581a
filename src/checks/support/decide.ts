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
  const verdicts = controls.map(({ attempt }) => (isMute(pair, attempt) ? 'mute' : samePeer(target.peer, attempt.peer)));
  if (verdicts.includes('same')) return { state: 'reached', why: 'it answered as it answers the control' };
  if (verdicts.includes('mute'))
    return {
      state: 'undecided',
      why: 'the name led to another address than that of the control, and nobody said there who it is',
    };
  if (verdicts.includes('unclear'))
    return { state: 'undecided', why: 'a connection was made, but less was heard on it than on the control' };
  return { state: 'elsewhere', why: 'another peer answered than the one that answers the control' };
}

/**
 * A name server that answers every name with one address sends all names to a listener that takes every
 * connection: where the service says nothing even to the control, the address is all that tells the two apart.
 * Large services have many, so it tells nothing for certain.
 */
function isMute({ spec, target }: PairedAttempt, control: Attempt): boolean {
  const said = Object.keys(control.peer ?? {}).length > 0;
  return (
    !said &&
    spec.path === 'direct' &&
    target.address !== undefined &&
    control.address !== undefined &&
    target.address !== control.address
  );
}

/** Characters of a greeting that are alike between two connections to one service, e.g. `SSH-2.0-`. */
const GREETING = 8;

/**
 * Compares who answered. Different certificates of one name are the same peer when the chain was valid (large
 * services use several). Another certificate alone tells little: what re-signs TLS on the way may hand on all that
 * the destination says, or say something itself, so the page has to tell. Whoever was heard less than by the control
 * is `unclear`: a firewall that takes a connection and swallows it looks like a destination that is slow to answer,
 * which has the bytes that were sent.
 */
function samePeer(target: PeerEvidence | undefined, control: PeerEvidence | undefined): 'same' | 'other' | 'unclear' {
  const t = target ?? {};
  const c = control ?? {};
  if (c.certificate !== undefined) {
    if (t.certificate === undefined) return 'unclear';
    if (t.certificate === c.certificate || t.authorized === true) return 'same';
    // Two sites of one kind of server are alike in all but what they say.
    return samePage(t, c) === 'same' && t.body !== c.body ? 'unclear' : samePage(t, c);
  }
  if (c.status !== undefined) return samePage(t, c);
  if (c.banner !== undefined) {
    if (t.banner === undefined) return 'unclear';
    // Greetings hold times, salts and names of one machine of many: a difference does not make another peer.
    return t.banner.slice(0, GREETING) === c.banner.slice(0, GREETING) ? 'same' : 'unclear';
  }
  return 'same';
}

/** SHA-256 of nothing: two servers that say nothing are not the same for that. */
const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

/**
 * Compares HTTP answers. A page that differs in body alone may be dynamic, and counts as the same where its server
 * says who it is; without that it may as well be a page that says "blocked" with status 200.
 */
function samePage(t: PeerEvidence, c: PeerEvidence): 'same' | 'other' | 'unclear' {
  if (t.status === undefined || c.status === undefined) return 'unclear';
  if (t.status === c.status && t.body !== undefined && t.body === c.body && t.body !== EMPTY) return 'same';
  if (t.status === c.status && t.server === c.server) return t.server === undefined ? 'unclear' : 'same';
  // One server may answer two requests in two ways (429, 503).
  return t.server !== undefined && t.server === c.server ? 'unclear' : 'other';
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

/** A resolver that answers every name with an address of its own has asked nobody: the addresses have to meet. */
function sameOrigin(a: Attempt, b: Attempt): boolean {
  if (a.answer?.rcode !== b.answer?.rcode || a.answer?.soa !== b.answer?.soa) return false;
  const [ours, theirs] = [a.answer?.addresses ?? [], b.answer?.addresses ?? []];
  return ours.length === 0 && theirs.length === 0 ? true : ours.some((address) => theirs.includes(address));
}

/**
 * Whether a resolver outside answered by itself. What answers in its place (a redirection of port 53) may refuse,
 * which is a wall, or answer with something of its own, which leaves open what it did with the question.
 */
export function askedDirectly(pair: PairedAttempt): Reach {
  const { target, controls } = pair;
  if (target.answer === undefined) return reachOf(answeredAsConnected(pair));
  const control = controls.find(({ attempt }) => attempt.answer !== undefined)?.attempt;
  if (control === undefined) {
    return forwarded(target)
      ? { state: 'reached', why: `it answered with ${describeAnswer(target)}` }
      : { state: 'undecided', why: `${describeAnswer(target)} came back, and no control got an answer` };
  }
  if (sameOrigin(target, control))
    return { state: 'reached', why: `it answered as it answers the control: ${describeAnswer(target)}` };
  const why = `${describeAnswer(target)} came back, while the control heard ${describeAnswer(control)}`;
  return { state: target.answer.rcode === 'REFUSED' ? 'elsewhere' : 'undecided', why };
}

/** NXDOMAIN is an answer: the resolver was there. */
function answeredAsConnected(pair: PairedAttempt): PairedAttempt {
  return {
    ...pair,
    controls: pair.controls.map(({ vantage, attempt }) => ({
      vantage,
      attempt: attempt.answer === undefined ? attempt : { ...attempt, outcome: 'connected' },
    })),
  };
}

function describeAnswer(attempt: Attempt): string {
  const answer = attempt.answer;
  if (answer === undefined) return attempt.outcome;
  if (answer.addresses.length > 0) return `${answer.rcode} ${answer.addresses.join(' ')}`;
  return answer.soa === undefined ? answer.rcode : `${answer.rcode} from zone ${answer.soa}`;
}
