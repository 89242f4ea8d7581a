import { afterDrift, afterFailure, afterReport, initialFacts, type MetricsFacts } from '../../src/metrics/facts.ts';
import { metricFamilies } from '../../src/metrics/families.ts';
import type { Family } from '../../src/metrics/text.ts';
import { aChange, aDrift } from './drift.ts';
import { fixtureReport } from './fixture-report.ts';

/** A run with a report and some drift, then one that failed. */
export function fixtureFacts(): MetricsFacts {
  const reported = afterReport(initialFacts('0.1.0'), fixtureReport());
  const drifted = afterDrift(reported, aDrift([aChange(), aChange({ kind: 'closed' })]));
  const later = Date.parse('2026-11-20T10:30:00.000Z');
  return afterFailure(drifted, later, later + 1500);
}

export function fixtureFamilies(): readonly Family[] {
  const counts = { delivered: 2, failed: 1, dropped: 0, repeated: 3 };
  return metricFamilies(fixtureFacts(), new Map([['hooks.example/0f1e2d3c', counts]]));
}
