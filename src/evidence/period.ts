import { BulkheadError } from '../errors.ts';
import type { Period } from '../model/evidence.ts';
import { escapeText } from '../model/text.ts';

const DAY_MS = 86_400_000;

/**
 * The period from the first to the last day, both included and in UTC. Without a first day it begins with the first run,
 * without a last one it ends now.
 * @throws BulkheadError `usage`
 */
export function periodOf(flags: { readonly since?: string; readonly until?: string }, now: Date): Period {
  const since = flags.since === undefined ? undefined : dayOf(flags.since, '--since');
  const until = flags.until === undefined ? now.getTime() : dayOf(flags.until, '--until') + DAY_MS;
  if (since !== undefined && since >= until) {
    throw new BulkheadError('usage', `The period begins on ${flags.since} and ends before that.`, {
      hint: 'Give --since a day that is not after --until, and not in the future.',
    });
  }
  return { ...(since === undefined ? {} : { since: new Date(since).toISOString() }), until: new Date(until).toISOString() };
}

function dayOf(value: string, flag: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(value) ? Date.parse(`${value}T00:00:00Z`) : Number.NaN;
  // The thirtieth of February is read as the first of March, or not at all.
  if (!Number.isNaN(time) && new Date(time).toISOString().startsWith(value)) return time;
  throw new BulkheadError('usage', `${flag} does not take "${escapeText(value, 100)}".`, {
    hint: 'Give a day in UTC, for example 2026-11-01.',
  });
}
