import { describe, expect, it } from 'vitest';
import { evidenceOf } from '../../../../src/checks/support/evidence.ts';
import type { PeerEvidence } from '../../../../src/model/attempt.ts';
import { aPair, aSpec, connected } from '../../../support/observations.ts';

describe('the line of a session', () => {
  it.each<[PeerEvidence, string]>([
    [{ service: 'notes 1.0', tools: 3 }, 'says "notes 1.0", 3 tools'],
    [{ service: 'notes 1.0', revision: '2025-06-18' }, 'says "notes 1.0" in MCP 2025-06-18'],
    [{ tools: 3, revision: '2026-07-28' }, 'in MCP 2026-07-28, 3 tools'],
    [
      { service: 'notes', tools: 1, revision: '2024-11-05', called: { tool: 'look', result: 'tool-error' } },
      'says "notes" in MCP 2024-11-05, 1 tools tool "look" tool-error',
    ],
    [{ called: { result: 'not-offered' } }, 'tool not-offered'],
  ])('%j', (peer, expected) => {
    const [line] = evidenceOf(aPair({ spec: aSpec({ kind: 'mcp' }), target: connected({ phase: 'mcp', peer }) }));
    expect(line?.endsWith(expected), line).toBe(true);
  });
});
