import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventReader } from '../../../probe-image/src/mcp-events.ts';

type Event = readonly [name: string, data: string];

function read(chunks: readonly string[]): readonly Event[] {
  const events: Event[] = [];
  const take = eventReader((name, data) => events.push([name, data]));
  for (const chunk of chunks) take(chunk);
  return events;
}

/** Cuts a text at arbitrary places. */
const cut = (text: string): fc.Arbitrary<readonly string[]> =>
  fc.array(fc.nat(text.length), { maxLength: 12 }).map((places) => {
    const ends = [...places.toSorted((a, b) => a - b), text.length];
    return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
  });

const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\r\n]/g, ''));
const ending = fc.constantFrom('\n', '\r', '\r\n');
const event = fc.record({
  name: fc.option(line, { nil: undefined }),
  data: fc.array(line, { minLength: 1, maxLength: 3 }),
  comment: fc.boolean(),
  ending,
});

function written({ name, data, comment, ending: end }: typeof event extends fc.Arbitrary<infer T> ? T : never): string {
  const lines = [
    ...(comment ? [': ping', 'id: 3', 'retry', ':'] : []),
    ...(name === undefined ? [] : [`event: ${name}`]),
    ...data.map((text) => `data: ${text}`),
  ];
  return lines.map((text) => text + end).join('') + end;
}

describe('events of a stream', () => {
  it('come as they were written, however they are cut', () => {
    const stream = fc
      .array(event, { maxLength: 5 })
      .chain((events) => fc.tuple(fc.constant(events), cut(events.map(written).join(''))));
    fc.assert(
      fc.property(stream, ([events, chunks]) => {
        expect(read(chunks)).toEqual(events.map(({ name, data }) => [name ?? '', data.join('\n')]));
      }),
    );
  });
  it('are the same of any text, in one piece or in many', () => {
    const piece = fc.oneof(
      fc.constantFrom('data:', 'data', 'event:', ':', '\r', '\n', '\r\n', '\n\n', ' ', '\uFEFF'),
      fc.string({ unit: 'binary' }),
    );
    const text = fc.array(piece, { maxLength: 40 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(
        text.chain((whole) => fc.tuple(fc.constant(whole), cut(whole))),
        ([whole, chunks]) => {
          const events = read([whole]);
          expect(read(chunks)).toEqual(events);
          expect(read(whole.split(''))).toEqual(events);
          // Nothing is made up.
          expect(events.map(([, data]) => data).join('').length).toBeLessThanOrEqual(whole.length);
        },
      ),
    );
  });
  it.each<[string, string, readonly Event[]]>([
    ['a line that has no end yet', 'data: {}\n', []],
    ['no data', 'event: x\n\n', []],
    ['a name of the event before', 'event: x\n\ndata: y\n\n', [['', 'y']]],
    ['one space that is not of the value', 'data:  y\n\n', [['', ' y']]],
    ['a field without a colon', 'data\n\n', [['', '']]],
    [
      'a return and a line feed that come apart',
      'data: y\r\n\r\ndata: z\r\n\r\n',
      [
        ['', 'y'],
        ['', 'z'],
      ],
    ],
    ['fields that only begin alike', 'database: y\neventful: z\n\n', []],
  ])('know %s', (_, text, events) => {
    expect(read([text])).toEqual(events);
    expect(read(text.split(''))).toEqual(events);
  });
});
