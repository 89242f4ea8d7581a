import { Cron } from 'croner';
import { BulkheadError, messageOf } from '../errors.ts';

/** When scans run by themselves. */
export interface Schedule {
  /** As it was given, for people. */
  readonly text: string;
  /** Milliseconds since the epoch of the first run after `after` (same unit). */
  next(after: number): number;
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const SHORTEST_MS = 10_000;
const LONGEST_MS = 31 * 86_400_000;

/**
 * An interval (`90s`, `15m`, `6h`, `1d`; from ten seconds to 31 days) or a cron expression of five fields, in local time.
 * @throws BulkheadError `usage`
 */
export function parseSchedule(text: string, where: string): Schedule {
  const interval = /^([0-9]{1,6})([smhd])$/.exec(text);
  if (interval !== null) {
    const ms = Number(interval[1]) * (UNITS[interval[2] ?? ''] ?? Number.NaN);
    if (!(ms >= SHORTEST_MS && ms <= LONGEST_MS)) throw invalid(text, where, 'An interval is from 10s to 31d.');
    return { text, next: (after) => after + ms };
  }
  if (text.trim().split(/\s+/).length !== 5) throw invalid(text, where, 'It is neither an interval nor five fields of cron.');
  return cron(text, where);
}

function cron(text: string, where: string): Schedule {
  const next = (after: number): number | undefined => {
    try {
      // Paused: only its calendar is wanted.
      return new Cron(text, { paused: true }).nextRun(new Date(after))?.getTime();
    } catch (error) {
      throw invalid(text, where, messageOf(error));
    }
  };
  if (next(Date.now()) === undefined) throw invalid(text, where, 'No such time comes.');
  // A schedule that ends, such as one that names a day of the past, was refused above; what is valid always comes again.
  return { text, next: (after) => next(after) ?? after + LONGEST_MS };
}

function invalid(text: string, where: string, why: string): BulkheadError {
  return new BulkheadError('usage', `${where} is no schedule: ${JSON.stringify(text.slice(0, 100))}. ${why}`, {
    hint: 'Give an interval such as 15m or 6h, or a cron expression such as "0 6 * * *".',
  });
}

/**
 * When to scan next: the schedule's time and up to `jitterMs` more, so that many machines do not scan in the same second.
 * @param random from 0 to 1, without 1
 */
export function nextRun(schedule: Schedule, after: number, jitterMs: number, random = Math.random): number {
  return schedule.next(after) + Math.floor(random() * (jitterMs + 1));
}
