import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decisionText } from '../../../src/commands/decision-text.ts';
import type { GatewayLine } from '../../../src/model/compartment.ts';

const denied: GatewayLine = {
  type: 'decision',
  time: '2026-01-01T00:00:00.000Z',
  decision: 'denied',
  via: 'tcp',
  host: 'evil.test',
  port: 443,
  reason: 'it is not in allow_host',
  allowed: 1,
  denied: 2,
};

it('says what was decided, where, and why', () => {
  expect(decisionText(denied)).toBe('denied   tcp     evil.test:443  (it is not in allow_host)');
  expect(decisionText({ ...denied, decision: 'allowed', address: '203.0.113.10' })).toContain('evil.test:443 at 203.0.113.10');
  expect(decisionText({ type: 'ready' })).toBeUndefined();
});

it('prints nothing of a hostile line as it came', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (host, reason) => {
      const texts = [
        decisionText({ ...denied, host, reason, address: host }),
        decisionText({ type: 'problem', time: host, message: reason }),
      ];
      for (const text of texts) expect(text).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});
