import type { Attempt, AttemptSpec, PairedAttempt, PeerEvidence } from '../../model/attempt.ts';
import { boundaryReach, type BoundaryReach } from './boundary.ts';
import { reachOf } from './decide.ts';

/** The name that is asked for on a connection to another; without its port. */
export function frontedName({ serverName, authority }: AttemptSpec): string | undefined {
  return (serverName ?? authority)?.replace(/:\d+$/, '');
}

/** Whether the name stands inside of TLS alone, where only the destination reads it. */
export function isHidden({ tls, serverName }: AttemptSpec): boolean {
  return tls === true && serverName === undefined;
}

/**
 * Whether another name was reached at a declared host. Two questions: did the connection carry the name, and does the
 * host serve it at all? The first is answered by the control, which asks the same; the second by what the control hears
 * when it asks for the host's own name. A connection that is ended is a decision where the very same way carries the
 * declared name: only the name differs.
 */
export function fronted(pair: PairedAttempt, all: readonly PairedAttempt[]): BoundaryReach {
  const { spec, target } = pair;
  const declared = all.filter(
    (other) => other.spec.purpose === 'declared' && other.spec.host === spec.host && other.spec.port === spec.port,
  );
  const front = heard(pair);
  if (isEnded(target) && front !== undefined && isCarried(pair, all)) {
    const why = 'the connection was ended when it asked for the other name, while it carries the declared one';
    return { state: 'elsewhere', why };
  }
  const reach = boundaryReach(pair);
  if (reach.state !== 'reached') return reach;
  const own = declared.map(heard).find((peer) => peer !== undefined);
  if (front === undefined || own === undefined) {
    return { state: 'undecided', why: 'the name was carried, and no control shows whether it is served there' };
  }
  const stable = declared.some((other) => other.target.peer?.body !== undefined && other.target.peer.body === heard(other)?.body);
  switch (compare(front, own, stable)) {
    case 'other':
      return { state: 'reached', why: 'it answered as that name, as it does to the control' };
    case 'same':
      return { state: 'undecided', absent: true, why: 'the host answers to that name as to its own, or not at all' };
    case 'unclear':
      return {
        state: 'undecided',
        // Inside TLS it is for the destination to say, and it says something new each time.
        ...(isHidden(spec) ? { absent: true } : {}),
        why: 'the name was carried, and the page of the host changes from one request to the next',
      };
  }
}

/** Whether the same way carries the declared name: where it does not, it says nothing about others. */
export function isCarried({ spec }: PairedAttempt, all: readonly PairedAttempt[]): boolean {
  return all.some(
    (other) =>
      other.spec.purpose === 'declared' &&
      other.spec.host === spec.host &&
      other.spec.port === spec.port &&
      other.spec.path === spec.path &&
      other.spec.family === spec.family &&
      reachOf(other).state === 'reached',
  );
}

/** What the control heard on its connection, where it had one. */
function heard({ controls }: PairedAttempt): PeerEvidence | undefined {
  const peer = controls.find(({ attempt }) => attempt.outcome === 'connected')?.attempt.peer;
  return peer?.certificate === undefined && peer?.status === undefined ? undefined : peer;
}

/** A connection that was made, and on which nothing was heard. */
function isEnded({ outcome, phase, peer }: Attempt): boolean {
  if (outcome === 'tls-failed') return true;
  if (outcome === 'reset') return phase !== 'connect' && phase !== undefined;
  return outcome === 'connected' && Object.keys(peer ?? {}).length === 0;
}

/** An error page or a redirection is how servers tell that they do not know a name; a valid certificate tells that they do. */
function compare(front: PeerEvidence, own: PeerEvidence, stable: boolean): 'other' | 'same' | 'unclear' {
  const succeeded = front.status !== undefined && front.status >= 200 && front.status < 300;
  if (front.certificate !== own.certificate) return succeeded || front.authorized === true ? 'other' : 'same';
  if (!succeeded || (front.status === own.status && front.body === own.body)) return 'same';
  return stable ? 'other' : 'unclear';
}
