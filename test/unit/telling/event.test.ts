import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SEVERITIES } from '../../../src/model/check.ts';
import { DriftKind, type DriftChange } from '../../../src/model/drift.ts';
import { EventSchema, MAX_EVENT_CHANGES } from '../../../src/model/event.ts';
import { driftEvent, recoveredEvent, runFailedEvent } from '../../../src/telling/event.ts';
import { aChange, aDrift, ENGINE } from '../../support/drift.ts';
import { golden } from '../../support/golden.ts';

const isEvent = new Ajv2020({ strict: true }).compile(EventSchema);

describe('an event of drift', () => {
  it('has the same text as the golden one', () => {
    const drift = aDrift([
      { kind: 'image', target: 'weather', before: 'weather:2.1.0', after: 'weather:2.2.0', text: 'weather has another image.' },
      aChange({
        kind: 'closed',
        severity: 'critical',
        fingerprint: 'f'.repeat(32),
        before: 'fail',
        after: 'pass',
        text: 'Closed.',
      }),
      aChange(),
    ]);
    const text = `${JSON.stringify(driftEvent(drift, ENGINE), undefined, 2)}\n`;
    expect(text).toBe(golden('event.json', text));
  });

  it('is none where nothing changed', () => {
    expect(driftEvent(aDrift([]), ENGINE)).toBeUndefined();
  });

  it('weighs what opened and what went out of sight, and nothing that closed', () => {
    const weight = (...changes: DriftChange[]) => driftEvent(aDrift(changes), ENGINE)?.data.severity;
    expect(weight(aChange({ severity: 'low' }), aChange({ kind: 'incomparable', severity: 'high' }))).toBe('high');
    expect(weight(aChange({ kind: 'closed', severity: 'critical' }))).toBe('info');
  });

  it('shows what opened first, counts all, and says how many it leaves out', () => {
    const closed = Array.from({ length: 40 }, (_, n) => aChange({ kind: 'closed', subject: `${n}`, severity: 'critical' }));
    const data = driftEvent(aDrift([...closed, aChange({ severity: 'low' }), aChange()]), ENGINE)?.data;
    expect(data?.changes.slice(0, 2).map(({ severity }) => severity)).toEqual(['high', 'low']);
    expect(data).toMatchObject({ counts: { opened: 2, closed: 40 }, omitted: 42 - MAX_EVENT_CHANGES });
  });

  it('has one key for the same changes in any order and wording, another for others', () => {
    const other = aChange({ fingerprint: 'e'.repeat(32) });
    const key = (...changes: DriftChange[]) => driftEvent(aDrift(changes), ENGINE)?.key;
    expect(key(aChange(), other)).toBe(key(other, aChange({ text: 'In other words.', severity: 'low' })));
    expect(key(aChange())).not.toBe(key(aChange({ kind: 'closed' })));
    expect(key(aChange())).not.toBe(key(aChange({ after: 'inconclusive' })));
    expect(key(aChange())).not.toBe(key(other));
  });

  it('keeps its id when it is made again, and has another after another run', () => {
    const later = { ...aDrift(), after: { ...aDrift().after, session: '01jd3zzzzz' } };
    expect(driftEvent(aDrift(), ENGINE)?.id).toBe(driftEvent(aDrift(), ENGINE)?.id);
    expect(driftEvent(later, ENGINE)?.id).not.toBe(driftEvent(aDrift(), ENGINE)?.id);
  });

  it('keeps to its schema and its size, and is safe to print, whatever a container is called', () => {
    const hostile = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 2000 });
    const change = fc.record(
      {
        kind: fc.constantFrom(...DriftKind.enum),
        text: hostile,
        target: hostile,
        subject: hostile,
        before: hostile,
        after: hostile,
        why: hostile,
        endpoints: fc.array(hostile, { maxLength: 12 }),
        severity: fc.constantFrom(...SEVERITIES),
      },
      { requiredKeys: ['kind', 'text'] },
    );
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 40 }), hostile, (changes, name) => {
        const event = driftEvent(aDrift(changes as DriftChange[]), { endpoint: name, product: name });
        expect(isEvent(event), JSON.stringify(isEvent.errors)).toBe(true);
        const text = JSON.stringify(event);
        expect(text).not.toMatch(
          /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\ud800-\udfff](?<![\ud800-\udbff][\udc00-\udfff])(?![\udc00-\udfff])/,
        );
        expect(Buffer.byteLength(text)).toBeLessThan(128 * 1024);
      }),
    );
  });
});

describe('an event of a run', () => {
  it('keeps to the schema', () => {
    const failed = runFailedEvent({ code: 'engine-unreachable', message: 'No engine \u202e answers.' }, { endpoint: 'x' }, 1e12);
    expect(isEvent(failed)).toBe(true);
    expect(failed).toMatchObject({
      timestamp: '2001-09-09T01:46:40.000Z',
      data: {
        severity: 'high',
        code: 'engine-unreachable',
        text: 'The audit ended without a result: No engine \\u202e answers.',
      },
    });
    expect(isEvent(recoveredEvent(aDrift().after, ENGINE))).toBe(true);
  });

  it('that failed has one key for one reason, whatever its words', () => {
    const fail = (code: string, message: string) => runFailedEvent({ code, message }, ENGINE, 0).key;
    expect(fail('engine-failed', 'at 9:00')).toBe(fail('engine-failed', 'at 10:00'));
    expect(fail('engine-failed', '')).not.toBe(fail('image-failed', ''));
  });
});
