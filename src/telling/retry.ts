import { setTimeout as wait } from 'node:timers/promises';

/** Time and chance, so that tests need neither. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Rejects when the signal is given. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** From 0 up to 1, without it. */
  random(): number;
}

export const systemClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) => wait(ms, undefined, { signal }),
  random: Math.random,
};

/** All times in milliseconds. */
export interface RetryLimits {
  readonly attempts: number;
  /** From the first attempt on; none begins later. */
  readonly totalMs: number;
  readonly baseMs: number;
  readonly capMs: number;
}

export const RETRY: RetryLimits = { attempts: 8, totalMs: 5 * 60_000, baseMs: 1000, capMs: 60_000 };

/**
 * How long to wait before the next attempt: any time up to a bound that doubles ("full jitter"), and as long as the
 * receiver asks for.
 * @param attempt the one that failed, from 1
 */
export function backoffMs(attempt: number, { baseMs, capMs }: RetryLimits, random: number, askedMs = 0): number {
  return Math.max(askedMs, Math.floor(random * Math.min(capMs, baseMs * 2 ** (attempt - 1))));
}

/** Retry-After in milliseconds from now: seconds or a date (RFC 9110, 10.2.3); undefined for anything else. */
export function retryAfterMs(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
