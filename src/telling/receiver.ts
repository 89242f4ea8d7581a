import { createHash } from 'node:crypto';
import type { Severity } from '../model/check.ts';
import type { Event } from '../model/event.ts';

/** `why` completes "NAME was not told: it …"; safe to print. */
export type Delivery =
  | { readonly state: 'delivered' }
  | { readonly state: 'failed'; readonly why: string }
  /** It wants to hear no more. */
  | { readonly state: 'gone'; readonly why: string };

/** Somebody who is told. */
export interface Receiver {
  /** Tells receivers apart, stays the same across restarts, and holds nothing that is secret in a URL or an argument. */
  readonly name: string;
  /** Drift below it is not told. */
  readonly minSeverity: Severity;
  /** Never rejects. */
  deliver(event: Event, signal: AbortSignal): Promise<Delivery>;
}

/** What can be seen of a receiver in logs and metrics, and a short digest of the rest. */
export function receiverName(visible: string, whole: string): string {
  return `${visible}/${createHash('sha256').update(whole).digest('hex').slice(0, 8)}`;
}
