import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionText } from '../../../src/commands/decision-text.ts';
import { parseLine } from '../../../src/runtime/decision-lines.ts';

const DECISION = {
  type: 'decision',
  time: '2026-01-01T00:00:00.000Z',
  decision: 'denied',
  via: 'dns',
  host: 'evil.test',
  port: 53,
  reason: 'it is not in allow_host',
  allowed: 0,
  denied: 1,
};

describe('a line of a relay or gateway', () => {
  it.each([{ type: 'ready' }, DECISION, { ...DECISION, address: '203.0.113.10' }, { type: 'problem', time: 't', message: 'm' }])(
    'is read: %j',
    (line) => {
      expect(parseLine(JSON.stringify(line))).toEqual(line);
    },
  );
  it.each([
    '',
    'null',
    '[]',
    '{}',
    '{"type":"toString"}',
    '{"type":"decision"}',
    JSON.stringify({ ...DECISION, host: null }),
    JSON.stringify({ ...DECISION, address: 7 }),
  ])('is none, and is passed over: %s', (text) => {
    expect(parseLine(text)).toBeUndefined();
  });
  it('never stops whoever shows it, whatever a relay prints', () => {
    const lines = fc
      .record({ type: fc.constantFrom('ready', 'decision', 'suppressed', 'problem') })
      .chain((base) =>
        fc
          .dictionary(fc.constantFrom(...Object.keys(DECISION), 'message', 'lines', 'address'), fc.jsonValue())
          .map((rest) => ({ ...rest, ...base })),
      );
    fc.assert(
      fc.property(lines, (line) => {
        const read = parseLine(JSON.stringify(line));
        if (read !== undefined) decisionText(read);
      }),
    );
  });
});
