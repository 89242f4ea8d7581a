import type { HistoryLook, HistoryRun } from '../model/history.ts';
import type { Coverage } from '../model/report.ts';
import type { TrendDay } from '../model/trend.ts';

interface Days {
  /** @param known after the run, and what it began and ended */
  add(run: HistoryRun, looks: readonly HistoryLook[], known: Pick<TrendDay, 'new' | 'fixed' | 'open' | 'undecided'>): void;
  /** The earliest first. */
  all(): readonly TrendDay[];
}

interface Day {
  figures: Omit<TrendDay, 'targets' | 'coverage'>;
  readonly targets: Set<string>;
  /** Of each server the last look that did not break off. */
  readonly looks: Map<string, HistoryLook>;
}

/** Gathers runs by their day, in UTC. */
export function newDays(): Days {
  const days = new Map<string, Day>();
  return {
    add: ({ startedAt, interrupted }, looks, known) => {
      const day = startedAt.slice(0, 10);
      const before = days.get(day);
      const { targets, looks: own } = before ?? { targets: new Set<string>(), looks: new Map<string, HistoryLook>() };
      for (const look of looks) {
        targets.add(look.target);
        if (!interrupted) own.set(look.target, look);
      }
      days.set(day, {
        figures: {
          day,
          runs: (before?.figures.runs ?? 0) + 1,
          new: (before?.figures.new ?? 0) + known.new,
          fixed: (before?.figures.fixed ?? 0) + known.fixed,
          open: known.open,
          undecided: known.undecided,
        },
        targets,
        looks: own,
      });
    },
    all: () =>
      [...days.values()]
        .map(({ figures, targets, looks }) => ({ ...figures, targets: targets.size, coverage: coverageOf([...looks.values()]) }))
        .toSorted((a, b) => (a.day < b.day ? -1 : 1)),
  };
}

function coverageOf(looks: readonly HistoryLook[]): Coverage {
  const decided = looks.reduce((sum, look) => sum + look.decided, 0);
  const applicable = looks.reduce((sum, look) => sum + look.applicable, 0);
  // Rounded down, so that nothing but everything is called 100 %.
  return applicable === 0
    ? { decided, applicable }
    : { decided, applicable, percent: Math.floor((decided * 1000) / applicable) / 10 };
}
