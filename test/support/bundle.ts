import type { ObservationBundle, TargetObservations } from '../../src/model/bundle.ts';

/** A bundle of a run that went well, with these targets in it. */
export function aBundle(...targets: readonly TargetObservations[]): ObservationBundle {
  return {
    schemaVersion: 1,
    tool: { name: 'bulkhead', version: '0' },
    session: 's',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:05.000Z',
    engine: {
      product: 'Docker Engine',
      version: '1',
      apiVersion: '1.41',
      os: 'linux',
      architecture: 'amd64',
      kernel: '6',
      rootless: false,
      userNamespaces: false,
      endpoint: 'unix:///x',
    },
    options: { timeoutMs: 1, internet: [], management: [], private: [], checks: [] },
    targets,
    notes: [],
    interrupted: false,
  };
}
