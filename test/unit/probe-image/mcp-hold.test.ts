import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { head, holdUpTo, parse } from '../../../probe-image/src/mcp-hold.ts';

describe('what is held of bodies', () => {
  it('is up to a length, in which each piece costs more than its characters', () => {
    const hold = holdUpTo(1000);
    expect(hold.take('x'.repeat(900))).toBe('taken');
    expect(hold.take('x'.repeat(100))).toBe('long');
    hold.release();
    const pieces = holdUpTo(1000);
    let taken = 0;
    while (pieces.take('x') === 'taken') taken += 1;
    expect(taken).toBeLessThan(20);
    pieces.release();
  });
  it('has an end for all together, and room again when one lets go', () => {
    const holds = Array.from({ length: 12 }, () => holdUpTo(1 << 20));
    const said = holds.map((hold) => hold.take('x'.repeat(1_000_000)));
    expect(new Set(said)).toEqual(new Set(['taken', 'full']));
    // Twice does not make twice the room.
    holds[0]?.release();
    holds[0]?.release();
    const again = holdUpTo(1 << 20);
    expect(again.take('x'.repeat(1_000_000))).toBe('taken');
    expect(holdUpTo(1 << 20).take('x'.repeat(1_000_000))).toBe('full');
    for (const hold of [...holds, again]) hold.release();
    // What was let go takes nothing any more.
    expect(again.take('x')).toBe('long');
  });
});

describe('JSON of a stranger', () => {
  it('is read as JSON is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(parse(JSON.stringify(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
  it('or not at all', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void parse(text)));
  });
  it.each([
    ['deep', `${'['.repeat(201)}${']'.repeat(201)}`],
    ['of many members', `[${'1,'.repeat(100_001)}1]`],
    ['of many objects', `[${'{},'.repeat(60_000)}1]`],
  ])('not when it is %s', (_, text) => {
    expect(() => void JSON.parse(text)).not.toThrow();
    expect(parse(text)).toBeUndefined();
  });
  it('whatever stands in its texts', () => {
    const value = { a: '[{,\\"'.repeat(100_000), b: ['"', '\\'] };
    expect(parse(JSON.stringify(value))).toEqual(value);
  });
});

it('the head of a text is cut as a text is', () => {
  expect(head('abc', 2)).toBe('ab');
  expect(head('äöü☂', 200)).toBe('äöü☂');
});
