import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterReport, initialFacts } from '../../../src/metrics/facts.ts';
import { metricFamilies } from '../../../src/metrics/families.ts';
import { metricsText } from '../../../src/metrics/text.ts';
import { parseOpenMetrics } from '../../support/exposition.ts';
import { fixtureFacts, fixtureFamilies } from '../../support/metrics.ts';
import { golden } from '../../support/golden.ts';
import { aFinding, aReport, aTarget } from '../../support/report.ts';

const none = new Map();

describe('metrics as text', () => {
  // Both goldens were read once by parsers of Prometheus itself; a change of theirs should be, too.
  it('are OpenMetrics, as the golden ones', () => {
    const text = metricsText(fixtureFamilies(), 'openmetrics');
    expect(text).toBe(golden('metrics.openmetrics.txt', text));
    expect(parseOpenMetrics(text).length).toBe(fixtureFamilies().length);
  });

  it('are the older format, as the golden ones', () => {
    const text = metricsText(fixtureFamilies(), 'prometheus');
    expect(text).toBe(golden('metrics.prom', text));
    expect(text).not.toMatch(/# UNIT|# EOF| info$/m);
  });

  it('have the same samples in both', () => {
    const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples(metricsText(fixtureFamilies(), 'prometheus'))).toEqual(samples(metricsText(fixtureFamilies(), 'openmetrics')));
  });

  it('can be read whatever a label holds, and hold the same', () => {
    const value = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\\', '"', '\n', '{', '}', ',', '=', ' '),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(fc.uniqueArray(value, { maxLength: 20 }), (values) => {
        const samples = values.map((target) => ({ labels: { target, other: 'x' }, value: 1 }));
        const text = metricsText([{ name: 'm', type: 'gauge', help: 'A "help" with \\ and\nlines.', samples }], 'openmetrics');
        expect(parseOpenMetrics(text)[0]?.samples.map(({ labels }) => labels['target'])).toEqual(values);
      }),
    );
  });
});

describe('the metrics of a report', () => {
  it('can be read, and count everything once, whatever its servers are called', () => {
    const name = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 150 });
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 20 }), (names) => {
        const targets = names.map((each) => aTarget({ name: each }));
        const findings = names.flatMap((target) => [aFinding({ target }), aFinding({ target, status: 'inconclusive' })]);
        const facts = afterReport(initialFacts('1'), aReport({ targets, findings }));
        const text = metricsText(metricFamilies(facts, none), 'openmetrics');
        const parsed = parseOpenMetrics(Buffer.from(text).toString());
        const sum = (family: string) =>
          parsed.find((each) => each.name === family)?.samples.reduce((total, sample) => total + sample.value, 0);
        expect(sum('bulkhead_findings')).toBe(findings.length);
        expect(sum('bulkhead_findings_applicable')).toBe(findings.length);
        expect(sum('bulkhead_findings_decided')).toBe(names.length);
        // oxlint-disable-next-line no-control-regex -- what must not be there
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e]/);
      }),
    );
  });

  it('are bounded: servers beyond the first 200 by name are added up', () => {
    const names = Array.from({ length: 300 }, (_, n) => `server-${String(n).padStart(3, '0')}`);
    const report = aReport({
      targets: names.map((name) => aTarget({ name })),
      findings: names.toReversed().map((target) => aFinding({ target })),
    });
    const families = parseOpenMetrics(metricsText(metricFamilies(afterReport(initialFacts('1'), report), none), 'openmetrics'));
    const samples = families.find(({ name }) => name === 'bulkhead_findings')?.samples ?? [];
    expect(samples).toHaveLength(201);
    expect(samples.find(({ labels }) => labels['target'] === '_other')?.value).toBe(100);
    expect(samples.some(({ labels }) => labels['target'] === 'server-199')).toBe(true);
    expect(families.find(({ name }) => name === 'bulkhead_targets_folded')?.samples[0]?.value).toBe(100);
  });

  it('call waived what is waived, and decided what passed or failed', () => {
    const waived = { reason: 'accepted' };
    const findings = [
      aFinding({ waived }),
      aFinding({ status: 'pass', subject: 'a' }),
      aFinding({ status: 'inconclusive', subject: 'b' }),
      aFinding({ status: 'error', subject: 'c' }),
      aFinding({ status: 'not-applicable', subject: 'd' }),
    ];
    const families = metricFamilies(afterReport(initialFacts('1'), aReport({ findings })), none);
    const samples = (name: string) => families.find((family) => family.name === name)?.samples;
    expect(samples('bulkhead_findings')?.map(({ labels }) => labels['status'])).toEqual([
      'error',
      'inconclusive',
      'not-applicable',
      'pass',
      'waived',
    ]);
    expect(samples('bulkhead_findings_applicable')).toEqual([{ labels: { target: 'weather' }, value: 4 }]);
    expect(samples('bulkhead_findings_decided')).toEqual([{ labels: { target: 'weather' }, value: 2 }]);
  });
});

describe('the facts of runs', () => {
  it('keep the last report and the last success when a run fails', () => {
    expect(fixtureFacts()).toMatchObject({
      runs: { violation: 1, failed: 1, clean: 0 },
      driftChanges: { opened: 1, closed: 1, incomparable: 0 },
      lastRun: { outcome: 'failed', durationMs: 1500 },
      lastSuccessAt: Date.parse('2026-11-20T09:30:06.412Z'),
      report: { session: '01jd3v5q8m' },
    });
  });

  it.each([
    [0, 'clean', true],
    [1, 'violation', true],
    [3, 'inconclusive', false],
    [4, 'failed', false],
    [130, 'interrupted', false],
  ])('exit code %i is %s', (code, outcome, success) => {
    const facts = afterReport(initialFacts('1'), aReport({ exit: { code, reason: '' } }));
    expect(facts.lastRun?.outcome).toBe(outcome);
    expect(facts.lastSuccessAt !== undefined).toBe(success);
  });

  it('have no time before a run has ended', () => {
    const families = metricFamilies(initialFacts('1'), none);
    expect(families.filter(({ unit }) => unit === 'seconds').flatMap(({ samples }) => samples)).toEqual([]);
    expect(() => parseOpenMetrics(metricsText(families, 'openmetrics'))).not.toThrow();
  });
});
