import type { Severity } from '../../src/model/check.ts';
import type { HistoryChange, HistoryLook, HistoryRun } from '../../src/model/history.ts';
import type { Trend } from '../../src/model/trend.ts';
import { trendOf, type TrendRows } from '../../src/trend/trend.ts';
import { aFinding, aReport } from './report.ts';

const DAY = 86_400_000;

/** A run that started so many days after 2026-11-01T06:00Z. */
export function aHistoryRun(id: number, day: number, overrides: Partial<HistoryRun> = {}): HistoryRun {
  const start = Date.UTC(2026, 10, 1, 6) + day * DAY;
  return {
    id,
    session: id.toString(16).padStart(12, '0'),
    startedAt: new Date(start).toISOString(),
    finishedAt: new Date(start + 6000).toISOString(),
    interrupted: false,
    trigger: { kind: 'schedule', text: 'every night' },
    tool: '0.1.0',
    engine: aReport().engine,
    exit: { code: 1, reason: '1 finding at or above medium failed' },
    checks: ['NET-004'],
    targets: ['weather', 'tickets', 'notes'],
    counts: { pass: 20, fail: 1, inconclusive: 0, 'not-applicable': 2, error: 0, waived: 0 },
    bundle: '0'.repeat(64),
    ...overrides,
  };
}

export function aLook(run: number, target: string, overrides: Partial<HistoryLook> = {}): HistoryLook {
  return { run, target, pass: 20, undecided: 0, waived: 0, decided: 21, applicable: 21, ...overrides };
}

/** What a run made known of the failure of a subject. */
export function aChange(
  run: HistoryRun,
  state: HistoryChange['state'],
  about: {
    readonly target?: string;
    readonly subject?: string;
    readonly check?: string;
    readonly area?: HistoryChange['area'];
  } = {},
  severity: Severity = 'high',
): HistoryChange {
  const { fingerprint, check, area, target, subject } = aFinding(about);
  return {
    fingerprint,
    check,
    area,
    target,
    subject,
    run: run.id,
    at: run.startedAt,
    state,
    ...(state === 'open' ? { severity } : {}),
    waived: false,
    lastSeen: { run: run.id, at: run.startedAt },
  };
}

/**
 * Three servers and nine runs in twelve days: a failure that is fixed and comes back, one that nobody could decide since, one
 * on a server that was looked at no more, a waived one; a run of one server alone, one that broke off, and days without any.
 */
export function fixtureTrendRows(): TrendRows {
  const days = [0, 1, 2, 3, 4, 4.3, 8, 9, 11];
  const runs = days.map((day, index) =>
    aHistoryRun(index + 1, day, {
      ...(index === 5 ? { trigger: { kind: 'event', text: 'container weather started' }, targets: ['weather'] } : {}),
      ...(index === 7 ? { interrupted: true, exit: { code: 130, reason: 'interrupted' }, targets: ['weather', 'tickets'] } : {}),
      ...(index === 8
        ? {
            trigger: { kind: 'manual', text: '' },
            exit: { code: 3, reason: 'not all was decided' },
            targets: ['weather', 'tickets'],
          }
        : {}),
    }),
  );
  const at = (id: number): HistoryRun => {
    const run = runs[id - 1];
    if (run === undefined) throw new Error(`the fixture has no run ${id}`);
    return run;
  };
  const egress = { target: 'weather', subject: '203.0.113.10:443' };
  const host = { target: 'weather', subject: '172.17.0.1', check: 'HOST-001', area: 'HOST' } as const;
  const root = { target: 'tickets', subject: 'user', check: 'HARD-001', area: 'HARD' } as const;
  const peer = { target: 'notes', subject: 'tickets', check: 'PIVOT-001', area: 'PIVOT' } as const;
  const waived = { ...aChange(at(2), 'open', { target: 'tickets', subject: 'seccomp', check: 'HARD-004', area: 'HARD' }, 'low') };
  return {
    runs,
    changes: [
      aChange(at(1), 'open', egress),
      { ...aChange(at(1), 'open', root, 'medium'), lastSeen: { run: 7, at: at(7).startedAt } },
      { ...waived, waived: true, lastSeen: { run: 9, at: at(9).startedAt } },
      { ...aChange(at(3), 'open', peer, 'critical'), lastSeen: { run: 5, at: at(5).startedAt } },
      aChange(at(4), 'fixed', egress),
      { ...aChange(at(6), 'open', host, 'critical'), lastSeen: { run: 9, at: at(9).startedAt } },
      { ...aChange(at(7), 'open', egress), lastSeen: { run: 9, at: at(9).startedAt } },
      aChange(at(9), 'undecided', root),
    ],
    looks: runs
      .flatMap(({ id, targets }) =>
        targets.map((target) =>
          aLook(id, target, {
            ...(id === 9 && target === 'tickets' ? { undecided: 4, decided: 17 } : {}),
            ...(id >= 2 && target === 'tickets' ? { waived: 1 } : {}),
            ...(id > 5 && target === 'notes' ? { pass: 21 } : {}),
          }),
        ),
      )
      .filter(({ run, target }) => target !== 'notes' || run <= 5),
  };
}

export function fixtureTrend(): Trend {
  return trendOf(fixtureTrendRows(), { tool: { name: 'bulkhead', version: '0.1.0' } });
}

/** As a watcher leaves it: every tenth run looks at all servers, the others at a few; a fifth of the servers fails now and then. */
export function largeTrend(runsNumber = 200, targetsNumber = 50): Trend {
  const names = Array.from({ length: targetsNumber }, (_, index) => `server-${String(index).padStart(2, '0')}`);
  const runs = Array.from({ length: runsNumber }, (_, index) =>
    aHistoryRun(index + 1, index / 4 + (index > 120 ? 9 : 0), {
      targets: names.filter((_name, place) => index % 10 === 0 || (place * 7 + index * 3) % 11 < 2),
      ...(index % 10 === 0 ? {} : { trigger: { kind: 'event', text: 'container started' } }),
    }),
  );
  const states = ['open', 'fixed', 'open', 'undecided', 'open'] as const;
  const changes = runs.flatMap((run, index) =>
    run.targets.flatMap((target) => {
      const place = names.indexOf(target);
      if (place % 5 !== 0 || (index + place) % 9 !== 0) return [];
      const subject = `203.0.113.${place}:${443 + (index % 4)}`;
      return [
        aChange(run, states[(index + place) % states.length] ?? 'open', { target, subject }, place % 2 === 0 ? 'high' : 'low'),
      ];
    }),
  );
  const looks = runs.flatMap(({ id, targets }) =>
    targets.map((target, index) => aLook(id, target, (id + index) % 13 === 0 ? { undecided: 2, decided: 19 } : {})),
  );
  return trendOf({ runs, changes, looks }, { tool: { name: 'bulkhead', version: '0.1.0' } });
}
