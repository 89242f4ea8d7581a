import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lineReader } from '../../../src/runtime/lines.ts';

describe('lines of a byte stream', () => {
  it('come out whole, however the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
        fc.infiniteStream(fc.nat({ max: 5 })),
        (texts, cuts) => {
          const expected = texts.map((text) => text.replaceAll('\n', ' '));
          const bytes = Buffer.from(expected.map((text) => `${text}\n`).join(''));
          const lines: string[] = [];
          const read = lineReader(
            1 << 20,
            (line) => lines.push(line),
            () => expect.unreachable(),
          );
          for (let at = 0; at < bytes.length;) {
            const size = 1 + (cuts.next().value ?? 0);
            read(bytes.subarray(at, at + size));
            at += size;
          }
          expect(lines).toEqual(expected);
        },
      ),
    );
  });
  it('that are too long are told and dropped', () => {
    let overflows = 0;
    const lines: string[] = [];
    const read = lineReader(
      10,
      (line) => lines.push(line),
      () => (overflows += 1),
    );
    read(Buffer.from('x'.repeat(50)));
    read(Buffer.from('\nshort\n'));
    expect(overflows).toBeGreaterThan(0);
    expect(lines).toEqual(['short']);
  });
});
