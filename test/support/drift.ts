import type { Drift, DriftChange } from '../../src/model/drift.ts';

export const ENGINE = { endpoint: 'unix:///var/run/docker.sock', product: 'Docker Engine', version: '28.5.2' };

/** A destination that can be reached and could not; whatever matters to a test is overridden. */
export function aChange(overrides: Partial<DriftChange> = {}): DriftChange {
  return {
    kind: 'opened',
    target: 'weather',
    check: 'NET-004',
    subject: '203.0.113.10:443',
    fingerprint: '0123456789abcdef0123456789abcdef',
    severity: 'high',
    before: 'pass',
    after: 'fail',
    text: 'weather reaches 203.0.113.10:443, which was held.',
    ...overrides,
  };
}

export function aDrift(changes: DriftChange[] = [aChange()]): Drift {
  return {
    driftVersion: 1,
    before: { source: 'run 1', session: '01jd3v5q8m', finishedAt: '2026-11-20T09:30:06.412Z' },
    after: { source: 'run 2', session: '01jd3w9zk2', finishedAt: '2026-11-20T10:30:05.020Z' },
    changes,
  };
}
