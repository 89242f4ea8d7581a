import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import type { Peer } from '../../../../src/model/check.ts';
import { aPair, aPeer, type Result } from '../../../support/observations.ts';

export const ADDRESS = '172.30.0.3';
export const NOTES: Peer = { ...aPeer(), addresses: [ADDRESS] };
/** The same peer, with what is known about its addresses. */
export function notes(addresses: readonly string[]): Peer {
  return { ...NOTES, addresses };
}
/** Nobody could look at its network. */
export const UNSEEN: Peer = aPeer();
export const STOPPED: Peer = aPeer({ target: { state: 'exited' } });

export const facts = (...attempts: readonly PairedAttempt[]) => ({ peers: { attempts: [...attempts] } });

/** An attempt at the peer `notes`, controlled from beside it. */
export function towards(spec: Partial<AttemptSpec>, target: Result, controls?: readonly Result[]): PairedAttempt {
  const host = spec.host ?? ADDRESS;
  const purpose = spec.purpose ?? 'peer-canary';
  return aPair({
    spec: {
      host,
      port: 40003,
      peer: NOTES.target.id,
      controls: ['peer'],
      purpose,
      ...(purpose === 'peer-canary' && { nonce: 'n', subject: `${host} (canary beside it)` }),
      ...spec,
    },
    target,
    ...(controls !== undefined && { controls }),
  });
}
