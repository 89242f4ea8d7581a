import { AREAS, SEVERITIES, type Area, type Severity } from '../model/check.ts';
import type { HistoryChange } from '../model/history.ts';
import type { TrendFailure, TrendPoint } from '../model/trend.ts';

/** A failure that is open, or of which a run could not say whether it still is. */
export type Episode = Omit<TrendFailure, 'seconds'>;

export type Tally = Pick<TrendPoint, 'open' | 'waived' | 'undecided'>;

/** What is known after some of the runs. */
export interface Ledger {
  /** Writes what a run made known. @returns the failure that began or ended with it */
  enter(change: HistoryChange): { readonly began?: Episode; readonly ended?: Episode };
  /** In the order in which they were first seen. */
  episodes(): readonly Episode[];
  total(): Omit<TrendPoint, 'run' | 'at'>;
  of(target: string): Tally;
}

const NOTHING: Tally = { open: 0, waived: 0, undecided: 0 };

export function newLedger(): Ledger {
  const episodes = new Map<string, Episode>();
  const fixedBefore = new Set<string>();
  const total = { ...NOTHING, areas: zeros(AREAS), severities: zeros(SEVERITIES) };
  const targets = new Map<string, Tally>();

  const count = ({ target, state, waived, area, severity }: Episode, by: 1 | -1): void => {
    const own = targets.get(target) ?? { ...NOTHING };
    targets.set(target, own);
    for (const tally of [total, own]) {
      tally[state] += by;
      if (state === 'open' && waived) tally.waived += by;
    }
    if (state === 'undecided') return;
    total.areas[area] += by;
    total.severities[severity] += by;
  };

  return {
    enter: (change) => {
      const { fingerprint, state } = change;
      const before = episodes.get(fingerprint);
      // What is not known to fail is no failure because somebody could not look, and cannot be fixed.
      if (before === undefined && state !== 'open') return {};
      if (before !== undefined) count(before, -1);
      if (before !== undefined && state === 'fixed') {
        episodes.delete(fingerprint);
        fixedBefore.add(fingerprint);
        return { ended: before };
      }
      const after = episodeOf(change, before, fixedBefore.has(fingerprint));
      episodes.set(fingerprint, after);
      count(after, 1);
      return before === undefined ? { began: after } : {};
    },
    episodes: () => [...episodes.values()],
    total: () => ({ ...total, areas: { ...total.areas }, severities: { ...total.severities } }),
    of: (target) => targets.get(target) ?? NOTHING,
  };
}

function episodeOf(change: HistoryChange, before: Episode | undefined, returned: boolean): Episode {
  const { fingerprint, check, area, target, subject, run, at, state, severity, waived, lastSeen } = change;
  if (before !== undefined && state === 'undecided') return { ...before, state };
  return {
    fingerprint,
    check,
    area,
    target,
    subject,
    severity: severity ?? 'info',
    waived,
    state: 'open',
    firstSeen: before?.firstSeen ?? { run, at },
    lastSeen,
    ...(returned ? { returned: true } : {}),
  };
}

function zeros<K extends Area | Severity>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}
