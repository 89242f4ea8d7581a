import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProbeMessage } from '../../../src/runtime/probe-messages.ts';

const attempt = { id: 'a', outcome: 'timeout', elapsedMs: 1, tries: 2 };

describe('messages of a probe', () => {
  it('are read when they follow the schema', () => {
    expect(parseProbeMessage(JSON.stringify({ type: 'attempt', attempt }))).toEqual({ type: 'attempt', attempt });
  });
  it.each([
    ['not JSON', 'x\u001b[2J'],
    ['an outcome that does not exist', JSON.stringify({ type: 'attempt', attempt: { ...attempt, outcome: 'blocked' } })],
    ['more than there is', JSON.stringify({ type: 'attempt', attempt: { ...attempt, extra: 1 } })],
    ['another type', JSON.stringify({ type: 'pass' })],
    ['a text without end', JSON.stringify({ type: 'failure', message: 'x'.repeat(5000) })],
    ['null', 'null'],
  ])('are refused: %s', (_, line) => {
    expect(() => parseProbeMessage(line)).toThrow();
  });
  it('never bring control characters into an error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (line) => {
        try {
          parseProbeMessage(line);
        } catch (error) {
          // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
          expect((error as Error).message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
        }
      }),
    );
  });
});
