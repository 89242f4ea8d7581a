import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { decideDrift } from '../../../src/drift/exit.ts';
import { DriftSchema, type Drift, type DriftChange } from '../../../src/model/drift.ts';
import { columnsOf } from '../../../src/reporters/console/layout.ts';
import { renderDriftMarkdown } from '../../../src/reporters/drift-markdown.ts';
import { renderDrift } from '../../../src/reporters/drift.ts';
import { renderDriftJson } from '../../../src/reporters/json.ts';
import type { RenderOptions } from '../../../src/reporters/registry.ts';
import { fixtureDrift } from '../../support/fixture-drift.ts';
import { golden } from '../../support/golden.ts';
import { HOSTILE_MARKUP, poison } from '../../support/hostile-report.ts';

const PLAIN: RenderOptions = { color: false, verbose: false, quiet: false, width: 100 };
/** Words of the contract; everything else may be hostile. */
const CLOSED = new Set(['kind', 'severity', 'worst', 'fingerprint']);

describe('a drift', () => {
  const drift = fixtureDrift();

  it.each<[string, Partial<RenderOptions>]>([
    ['drift.txt', {}],
    ['drift-verbose.txt', { verbose: true, width: 70 }],
    ['drift-quiet.txt', { quiet: true }],
  ])('%s', (name, options) => {
    const text = renderDrift(drift, { ...PLAIN, ...options });
    expect(text).toBe(golden(name, text));
  });

  it('drift.md', () => {
    const text = renderDriftMarkdown(drift);
    expect(text).toBe(golden('drift.md', text));
  });

  it('drift.json, as its schema says', () => {
    const text = renderDriftJson(drift);
    expect(text).toBe(golden('drift.json', text));
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(DriftSchema);
    expect(validate(JSON.parse(text)) ? [] : validate.errors).toEqual([]);
  });

  it('says in colour what it says without', () => {
    const colored = renderDrift(drift, { ...PLAIN, color: true });
    // oxlint-disable-next-line no-control-regex -- escape sequences are what is removed
    expect(colored.replaceAll(/\u001b\[[0-9;]*m/g, '')).toBe(renderDrift(drift, PLAIN));
    expect(colored).not.toBe(renderDrift(drift, PLAIN));
  });

  it('keeps a terminal and its width safe from hostile names', () => {
    const hostile = `\u001b[2J\r\n漢字\u202e${'x'.repeat(400)}`;
    const poisoned = poison(drift, () => hostile, CLOSED);
    for (const width of [40, 80, 120]) {
      for (const options of [{}, { verbose: true }, { quiet: true }]) {
        const text = renderDrift(poisoned, { ...PLAIN, ...options, width });
        // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
        expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(text.split('\n').filter((line) => columnsOf(line) > width)).toEqual([]);
      }
    }
    // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
    expect(renderDriftJson(poisoned).replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
  });

  it('keeps a comment free of markup, and within its limit', () => {
    let index = 0;
    const poisoned = poison(drift, () => HOSTILE_MARKUP[index++ % HOSTILE_MARKUP.length] ?? '', CLOSED);
    // In a code span nothing is markup.
    const text = renderDriftMarkdown(poisoned)
      .replaceAll(/(`+)(?:(?!\1).)*\1/g, '')
      .replaceAll('<!-- -->', '')
      .replace('<!-- bulkhead diff -->', '');
    expect(text).not.toMatch(/[<>]|\]\(|javascript:/);
    const changes = Array.from({ length: 2000 }, (_, change): DriftChange => ({
      kind: 'opened',
      severity: 'high',
      target: `t${change}`,
      text: 'x'.repeat(300),
    }));
    const long = renderDriftMarkdown({ ...drift, changes });
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(65_536);
    expect(long).toMatch(/\*\*\d+ more did not fit here\.\*\*/);
  });
});

describe('the exit code of a drift', () => {
  const change = (kind: DriftChange['kind'], severity?: DriftChange['severity']): DriftChange => ({
    kind,
    text: '',
    ...(severity === undefined ? {} : { severity }),
  });
  const of = (changes: readonly DriftChange[], undecided: Drift['undecided'] = []): Drift => ({
    ...fixtureDrift(),
    changes: [...changes],
    undecided,
  });
  const unknown = { check: 'NET-004', target: 't', subject: 's', fingerprint: '', severity: 'high' } as const;

  it.each<[string, Drift, Parameters<typeof decideDrift>[1], number]>([
    ['nothing changed', of([]), 'medium', 0],
    ['something opened', of([change('opened', 'medium')]), 'medium', 1],
    ['something opened below the gate', of([change('opened', 'low')]), 'medium', 0],
    [
      'what opened goes before what cannot be compared',
      of([change('opened', 'high'), change('incomparable', 'critical')]),
      'high',
      1,
    ],
    ['something cannot be compared', of([change('incomparable', 'high')]), 'medium', 3],
    ['something below the gate cannot be compared', of([change('incomparable', 'info')]), 'medium', 0],
    ['a run was interrupted', of([change('incomparable')]), 'critical', 3],
    ['neither run could decide', of([], [unknown]), 'medium', 3],
    ['something closed', of([change('closed', 'critical'), change('image')]), 'info', 0],
    ['no gate', of([change('opened', 'critical'), change('incomparable')], [unknown]), 'never', 0],
  ])('%s', (_, drift, gate, code) => {
    expect(decideDrift(drift, gate).code).toBe(code);
  });
});
