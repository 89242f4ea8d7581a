import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inertJson, inertPieces, jsonPieces, renderJson } from '../../../src/reporters/json.ts';
import { fixtureReport } from '../../support/fixture-report.ts';
import { aFinding, aMatrix, aReport, aTarget } from '../../support/report.ts';

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, each]) => [key, shuffled(each)]),
  );
}

describe('renderJson', () => {
  it('is the report, two spaces deep, with a line break at the end', () => {
    const report = fixtureReport();
    const text = renderJson(report);
    expect(JSON.parse(text)).toEqual(report);
    expect(text.startsWith('{\n  "schemaVersion": 1,\n  "tool": {\n    "name": "bulkhead"')).toBe(true);
    expect(text.endsWith('}\n')).toBe(true);
  });

  it('is in pieces what it is as a whole', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.integer({ min: 0, max: 5 }), (value, levels) => {
        expect([...inertPieces(value, levels)].join('')).toBe(inertJson(value, 2));
      }),
    );
    expect([...inertPieces({ a: undefined, b: [[], {}, [1]] }, 3)].join('')).toBe(
      JSON.stringify({ b: [[], {}, [1]] }, undefined, 2),
    );
  });

  it('has no piece that grows with the number of targets', () => {
    const largest = (number: number): number => {
      const targets = Array.from({ length: number }, (_, index) => aTarget({ name: `server-${index}` }));
      const { destinations, rows } = aMatrix(targets, []);
      const matrix = { destinations, rows: rows.map((row) => ({ ...row, cells: row.cells.slice(-6) })) };
      return Math.max(
        ...[...jsonPieces(aReport({ targets, matrix, findings: targets.map(({ name }) => aFinding({ target: name })) }))].map(
          ({ length }) => length,
        ),
      );
    };
    expect(largest(60)).toBeLessThan(largest(30) + 100);
  });

  it('writes the same bytes whatever the order in which keys were set', () => {
    const report = fixtureReport();
    expect(renderJson(shuffled(report) as typeof report)).toBe(renderJson(report));
  });

  it('holds nothing that steers a terminal, and loses nothing by it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const notes = [`\u009b31m\u202e\u007f\u001b]0;x\u0007\n${text}`];
        const rendered = renderJson(aReport({ notes }));
        expect(rendered.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u);
        expect((JSON.parse(rendered) as { notes: string[] }).notes).toEqual(notes);
      }),
    );
  });

  it('is no command of a log, and the same value', () => {
    const notes = ['##[error]forged', '##vso[task.complete]', '###[x', '## heading'];
    const rendered = renderJson(aReport({ notes }));
    expect(rendered).not.toMatch(/##\w*\[/);
    expect((JSON.parse(rendered) as { notes: string[] }).notes).toEqual(notes);
  });

  it('keeps a profile that names __proto__ as it is', () => {
    const profile: unknown = JSON.parse('{"b":1,"__proto__":{"polluted":true},"a":2}');
    const target = aTarget({ declaration: { source: 'flag', location: 'p.json', egress: 'nothing', profile, remarks: [] } });
    const text = renderJson(aReport({ targets: [target] }));
    expect(text).toContain('"__proto__": {');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
