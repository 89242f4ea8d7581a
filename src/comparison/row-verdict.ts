import type { ComparisonCell, Observed, RowVerdict } from '../model/comparison.ts';

/**
 * What one cell says, beside what the runs that it is compared with observed. Without a reference that was decided,
 * only the declaration counts: a leak is then "more open than declared".
 */
export function rowVerdict(
  { expected, observed }: Pick<ComparisonCell, 'expected' | 'observed'>,
  references: readonly Observed[],
): RowVerdict {
  if (observed === 'unknown') return 'undecided';
  const otherReaches = references.includes('reached');
  const otherIsHeld = references.some((other) => other === 'held' || other === 'absent');
  switch (expected) {
    case 'closed':
      if (observed === 'reached') return otherReaches ? 'does-not-differ' : 'more-open';
      return otherReaches ? 'differs-as-declared' : 'as-declared';
    case 'open':
      if (observed !== 'reached') return 'over-blocked';
      return otherIsHeld ? 'differs-as-declared' : 'as-declared';
    case 'nothing':
      return 'as-declared';
  }
}
