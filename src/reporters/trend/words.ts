import type { TrendMark } from '../../model/trend.ts';
import { SYMBOLS } from '../console/theme.ts';
import type { Mark } from '../html/words.ts';
import { count } from '../../model/text.ts';

/** What a run left of a server. Each has a shape of its own too: a gap is nothing at all, and never looks like one of them. */
export const MARKS: Readonly<Record<TrendMark, Mark>> = {
  failing: { tone: 'bad', symbol: SYMBOLS.fail, word: 'failing' },
  undecided: { tone: 'open', symbol: SYMBOLS.open, word: 'undecided' },
  waived: { tone: 'warn', symbol: '‖', word: 'waived' },
  clean: { tone: 'good', symbol: SYMBOLS.pass, word: 'clean' },
};
export const MARK_NAMES = Object.keys(MARKS) as readonly TrendMark[];

export const NOT_LOOKED_AT: Mark = { tone: 'none', symbol: SYMBOLS.none, word: 'not looked at' };

/** `2026-11-20 09:30`, in UTC. */
export function minute(time: string): string {
  return time.slice(0, 16).replace('T', ' ');
}

/** A length of time in its two largest units that say something. */
export function lengthOf(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return count(minutes, 'minute');
  const hours = Math.round(seconds / 3600);
  if (hours < 48) return count(hours, 'hour');
  const [days, rest] = [Math.floor(hours / 24), hours % 24];
  return days >= 10 || rest === 0 ? count(Math.round(hours / 24), 'day') : `${count(days, 'day')} ${rest} h`;
}
