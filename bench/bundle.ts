import { CHECKS } from '../src/checks/registry.ts';
import type { ObservationBundle, TargetObservations } from '../src/model/bundle.ts';

/** The bundle of an audit of so many servers, of which nothing was observed. */
export function bundleOf(number: number): ObservationBundle {
  const targets = Array.from({ length: number }, (_, index): TargetObservations => ({
    target: {
      id: index.toString(16).padStart(64, '0'),
      name: `server-${index}`,
      image: { reference: `registry.example/mcp/server-${index}:1.0.0`, id: `sha256:${index}` },
      platform: 'none',
      discoveredBy: 'named on the command line',
      transport: 'streamable-http',
      state: 'running',
      startedAt: '2026-01-01T00:00:00.000Z',
    },
    declaration: { profile: {}, source: 'flag', location: 'profiles/servers.json', remarks: [] },
    observations: {},
  }));
  return {
    schemaVersion: 1,
    tool: { name: 'bulkhead', version: '0' },
    session: 'bench',
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:01:00.000Z',
    engine: {
      product: 'Docker Engine',
      version: '28.5.2',
      apiVersion: '1.51',
      os: 'linux',
      architecture: 'amd64',
      kernel: '6',
      rootless: false,
      userNamespaces: false,
      endpoint: 'unix:///var/run/docker.sock',
    },
    options: { timeoutMs: 2000, internet: [], management: [], private: [], checks: CHECKS.map(({ meta }) => meta.id) },
    targets,
    notes: [],
    interrupted: false,
  };
}
