import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault, lineAndColumn } from '../../../src/profiles/json-scan.ts';

describe('findJsonFault', () => {
  it.each(['{}', '[]', ' {"a": [1, -2.5e+3, true, false, null, "x\\u00e9\\n"]} \r\n', '"x"', '0', '-0', '1E5', '{"a":{"a":1}}'])(
    'accepts %s',
    (text) => {
      expect(findJsonFault(text)).toBeUndefined();
    },
  );

  it.each<[string, number, string]>([
    ['{', 1, 'expected a key in double quotes, found the end of the file'],
    ['{"a":1,}', 7, 'expected a key in double quotes, found }'],
    ["{'a':1}", 1, "expected a key in double quotes, found '"],
    ['{a:1}', 1, 'expected a key in double quotes, found a'],
    ['{"a" 1}', 5, 'expected a colon, found 1'],
    ['{"a":1 "b":2}', 7, 'expected a comma or }, found "'],
    ['{"a":}', 5, 'expected a value, found }'],
    ['[1,]', 3, 'expected a value, found ]'],
    ['[1 2]', 3, 'expected a comma or ], found 2'],
    ['[1', 2, 'expected a comma or ], found the end of the file'],
    ['{} x', 3, 'unexpected x after the end of the value'],
    ['{}{}', 2, 'unexpected { after the end of the value'],
    ['// c\n{}', 0, 'expected a value, found /'],
    ['nul', 0, 'expected a value, found n'],
    ['True', 0, 'expected a value, found T'],
    ['01', 0, 'expected a value, found 0'],
    ['+1', 0, 'expected a value, found +'],
    ['.5', 0, 'expected a value, found .'],
    ['1.', 0, 'expected a value, found 1'],
    ['NaN', 0, 'expected a value, found N'],
    ['"abc', 4, 'a text that is not closed'],
    ['"a\nb"', 2, 'the end of the line inside a text'],
    ['"a\tb"', 2, 'the character U+0009 inside a text'],
    ['"\\x"', 1, 'an escape that JSON does not have'],
    ['"\\u12"', 1, 'an escape that JSON does not have'],
    ['{"a":1,"a":2}', 7, 'the same key twice in one object, which readers take differently'],
    ['{"a":1,"\\u0061":2}', 7, 'the same key twice in one object, which readers take differently'],
    ['\u001b[31m', 0, 'expected a value, found the character U+001B'],
    ['\u00a0{}', 0, 'expected a value, found the character U+00A0'],
    ['['.repeat(40), 33, 'nested more than 32 deep'],
  ])('%j', (text, offset, what) => {
    expect(findJsonFault(text)).toEqual({ offset, what });
  });

  it('agrees with JSON.parse about texts near JSON', () => {
    const near = fc
      .tuple(
        fc.json({ maxDepth: 4 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '}', ']', ':', '0', '\\', ' ', 'e', '-', '.', '\n'),
        fc.nat({ max: 1 }),
      )
      .map(
        ([json, at, text, cut]) => `${json.slice(0, at % (json.length + 1))}${text}${json.slice((at % (json.length + 1)) + cut)}`,
      );
    fc.assert(
      fc.property(fc.oneof(near, fc.json(), fc.string()), (text) => {
        const fault = findJsonFault(text);
        // Equal keys are the one thing that it is stricter about.
        if (fault?.what.startsWith('the same key') === true || fault?.what.startsWith('nested') === true) return;
        let parses = true;
        try {
          JSON.parse(text);
        } catch {
          parses = false;
        }
        expect(fault === undefined).toBe(parses);
      }),
      { numRuns: 10_000 },
    );
  });

  it('takes long texts and deep nesting without trouble', () => {
    expect(findJsonFault(`["${'x'.repeat(1_000_000)}"]`)).toBeUndefined();
    expect(findJsonFault(`["${'\\n'.repeat(500_000)}"]`)).toBeUndefined();
    expect(findJsonFault('['.repeat(1_000_000))?.what).toBe('nested more than 32 deep');
    expect(findJsonFault(' '.repeat(1_000_000))?.what).toContain('expected a value');
  });
});

describe('lineAndColumn', () => {
  it.each<[string, number, number, number]>([
    ['abc', 0, 1, 1],
    ['abc', 3, 1, 4],
    ['a\nb', 2, 2, 1],
    ['a\r\nb', 3, 2, 1],
    ['a\rb', 2, 2, 1],
    ['\u{1f600}x', 2, 1, 2],
  ])('%j at %i', (text, offset, line, column) => {
    expect(lineAndColumn(text, offset)).toEqual({ line, column });
  });
});
