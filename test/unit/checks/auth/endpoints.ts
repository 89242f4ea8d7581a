import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import type { ConfigurationFacts, ObservationMap } from '../../../../src/model/observation.ts';
import { aConfiguration, aPair, connected, outcome, type Result } from '../../../support/observations.ts';

export const PORT = 3101;
export const URL = `http://127.0.0.1:${PORT}`;

/** An attempt at the target's own endpoint, made from the host. */
export function own(
  purpose: 'own-session' | 'own-origin' | 'own-host' | 'own-address',
  target: Result,
  spec: Partial<AttemptSpec> = {},
): PairedAttempt {
  return aPair({
    spec: { purpose, kind: 'mcp', host: '127.0.0.1', port: PORT, subject: URL, from: 'host', controls: [], ...spec },
    target,
    controls: [],
  });
}

export const ORIGIN = { origin: 'http://foreign.example' } as const;
export const FOREIGN = { authority: `foreign.example:${PORT}` } as const;

export const session = connected({ phase: 'mcp', peer: { service: 'notes 1.0', tools: 3 } });
/** Turned away with a status. */
export const http = (status: number): Result =>
  outcome(status === 401 || status === 403 ? 'unauthorized' : 'other-protocol', { phase: 'mcp', detail: `HTTP ${status}` });

export function published(...addresses: readonly string[]): ConfigurationFacts {
  return aConfiguration({ publishedPorts: addresses.map((address) => ({ address, port: PORT, containerPort: 3001 })) });
}

export const facts = (
  attempts: readonly PairedAttempt[],
  configuration = published('127.0.0.1'),
): { readonly endpoint: ObservationMap['endpoint']; readonly configuration: ConfigurationFacts } => ({
  endpoint: { attempts: [...attempts] },
  configuration,
});
