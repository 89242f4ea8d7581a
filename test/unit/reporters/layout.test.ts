import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clip, columnsOf, command, flow, hanging, usableWidth, wrap } from '../../../src/reporters/console/layout.ts';

describe('columnsOf', () => {
  it.each([
    ['plain', 5],
    ['漢字', 4],
    ['🙂', 2],
    ['e\u0301', 1],
    ['naïve – ✓', 9],
  ])('%s takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns);
  });
});

describe('wrap', () => {
  it('breaks at spaces, and inside a word only when it must', () => {
    expect(wrap('one two three fourfourfourfour', 12)).toEqual(['one two', 'three', 'fourfourfour', 'four']);
  });

  it('loses nothing but spaces', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.integer({ min: 12, max: 60 }), (text, width) => {
        const lines = wrap(text, width);
        expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        for (const line of lines) expect(columnsOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  it('answers one empty line for an empty text', () => {
    expect(wrap('', 20)).toEqual(['']);
  });
});

describe('clip', () => {
  it('leaves what fits and cuts the rest to the width', () => {
    expect(clip('four', 4)).toBe('four');
    expect(clip('four five', 6)).toBe('four…');
    expect(columnsOf(clip('漢字漢字漢字', 6))).toBeLessThanOrEqual(6);
  });
});

describe('hanging and flow', () => {
  it('keeps text in its column and paints each line by itself', () => {
    const lines = hanging({ text: 'a: ', style: (text) => `<${text}>` }, 'one two three four', 15, (text) => `[${text}]`);
    expect(lines).toEqual(['<a: >[one two]', '   [three four]']);
  });

  it('breaks between spans and drops the separator there', () => {
    expect(flow([{ text: 'one two' }, { text: 'three' }, { text: 'four' }], ' · ', 2, 16)).toEqual([
      '  one two',
      '  three · four',
    ]);
  });
});

describe('command', () => {
  const label = { text: 'try: ' };

  it('is one line when it fits', () => {
    expect(command(label, 'docker ps', 40)).toEqual(['try: docker ps']);
  });

  it('is broken with backslashes at spaces outside quotes', () => {
    const text = `sh -c 'one two three four' "five \\" six seven" eight\\ nine ten`;
    const lines = command(label, text, 24);
    expect(lines.slice(0, -1).every((line) => line.endsWith(' \\'))).toBe(true);
    // What a shell makes of it: a backslash before a line break joins the lines.
    expect(
      lines
        .join('\n')
        .slice(label.text.length)
        .replaceAll(/ \\\n\s+/g, ' '),
    ).toBe(text);
  });

  it('leaves a word whole that is wider than the line', () => {
    expect(command(label, `x '${'long '.repeat(20)}'`, 30)[1]).toContain('long '.repeat(20));
  });
});

describe('usableWidth', () => {
  it.each([
    [0, 100],
    [Number.NaN, 100],
    [Number.POSITIVE_INFINITY, 100],
    [10, 40],
    [120.5, 120],
  ])('%d becomes %i', (given, used) => {
    expect(usableWidth(given)).toBe(used);
  });
});
