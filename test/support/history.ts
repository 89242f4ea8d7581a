import type { NewRun } from '../../src/history/record.ts';
import type { Report } from '../../src/model/report.ts';
import { aBundle } from './bundle.ts';
import { aReport } from './report.ts';

/** A run as an audit hands it over: a report, and an empty bundle of the same session. */
export function aRun(overrides: Partial<Report> = {}, rest: Partial<Omit<NewRun, 'report'>> = {}): NewRun {
  const report = aReport(overrides);
  const { session, startedAt, finishedAt, interrupted, engine, tool } = report;
  return {
    report,
    bundle: { ...aBundle(), session, startedAt, finishedAt, interrupted, engine, tool },
    options: { failOn: 'medium', allowEmpty: false },
    trigger: { kind: 'manual', text: '' },
    ...rest,
  };
}

/** The fields of a report that place it in time: the minute counts from 2026-11-20T00:00Z. */
export function at(minute: number, session = `session-${minute}`): Pick<Report, 'session' | 'startedAt' | 'finishedAt'> {
  const start = Date.UTC(2026, 10, 20) + minute * 60_000;
  return { session, startedAt: new Date(start).toISOString(), finishedAt: new Date(start + 6000).toISOString() };
}
