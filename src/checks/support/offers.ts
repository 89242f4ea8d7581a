import type { Attempt, AttemptOutcome, PairedAttempt } from '../../model/attempt.ts';
import { somethingAnswered } from './answer.ts';

/**
 * What a handshake with an MCP endpoint came to. `session`: one opened. `asked`: the endpoint asked for credentials,
 * as it asks the control. `answered`: it answered without speaking MCP, as it answers the control. `kept`: nothing
 * came of it although a control got an answer. `open`: everything else.
 */
export type Handshake = 'session' | 'asked' | 'answered' | 'kept' | 'open';

/** Judges one handshake by its own outcome and by its controls; never calls a failure kept without one. */
export function handshakeOf(pair: PairedAttempt): Handshake {
  const { target, controls } = pair;
  const others = controls.map(({ attempt }) => attempt);
  if (target.outcome === 'connected') {
    const known = others.filter(({ outcome }) => outcome === 'connected');
    return known.length === 0 || known.some((other) => other.peer?.service === target.peer?.service) ? 'session' : 'open';
  }
  switch (somethingAnswered(target)) {
    case 'yes':
      if (target.outcome === 'unauthorized') return others.some(isEndpoint) ? 'asked' : 'open';
      // A page for strangers in place of the session that the control got is no answer of the endpoint.
      return others.some(({ outcome }) => outcome === target.outcome) ? 'answered' : 'open';
    case 'no':
      return others.some((other) => somethingAnswered(other) === 'yes') ? 'kept' : 'open';
    case 'unknown':
      return 'open';
  }
}

/** It speaks MCP: a session opens, or it asks for credentials first. */
export function isEndpoint({ outcome }: Attempt): boolean {
  return outcome === 'connected' || outcome === 'unauthorized';
}

const UNMADE: ReadonlySet<AttemptOutcome> = new Set(['not-run', 'probe-error']);

/** What a handshake came to, as part of a sentence. */
export function outcomeText({ target }: PairedAttempt): string {
  if (UNMADE.has(target.outcome)) return `the attempt was not made (${target.detail ?? 'no reason given'})`;
  return target.detail === undefined ? target.outcome : `${target.outcome}, ${target.detail}`;
}

/** `everything 1.0, 12 tools`. */
export function serviceText({ target }: PairedAttempt): string {
  const { service = 'an MCP server', tools } = target.peer ?? {};
  return tools === undefined ? service : `${service}, ${tools} tools`;
}

/** The status with which an HTTP endpoint turned somebody away, where it is known. */
export function statusOf({ peer, detail }: Attempt): number | undefined {
  const said = peer?.status ?? Number(/\bHTTP (\d{3})\b/.exec(detail ?? '')?.[1] ?? 0);
  return said === 0 ? undefined : said;
}
