import type { Finding, Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import type { DeliveryCounts } from '../telling/teller.ts';
import { RUN_OUTCOMES, type MetricsFacts } from './facts.ts';
import type { Family, Sample } from './text.ts';

/** Targets with series of their own; the others are added up. */
const MAX_TARGETS = 200;

/** Stands for those others: no engine lets a container's name begin with `_`. */
const OTHERS = '_other';

const MAX_NAME = 120;

/**
 * All metrics. Their names are in docs/telling.md and stay: alerts are written with them.
 * @param deliveries by name of the receiver
 */
export function metricFamilies(
  facts: MetricsFacts,
  deliveries: ReadonlyMap<string, Readonly<DeliveryCounts>>,
): readonly Family[] {
  const { version, runs, driftChanges, lastRun, lastSuccessAt, report } = facts;
  return [
    { name: 'bulkhead_build', type: 'info', help: 'Version of bulkhead.', samples: [{ labels: { version }, value: 1 }] },
    {
      name: 'bulkhead_runs',
      type: 'counter',
      help: 'Audits that have ended, by outcome.',
      samples: RUN_OUTCOMES.map((outcome) => ({ labels: { outcome }, value: runs[outcome] })),
    },
    {
      name: 'bulkhead_drift_changes',
      type: 'counter',
      help: 'Differences between one audit and the next, by kind.',
      samples: Object.entries(driftChanges).map(([kind, value]) => ({ labels: { kind }, value })),
    },
    {
      name: 'bulkhead_deliveries',
      type: 'counter',
      help: 'Events for webhooks and commands, by receiver and outcome.',
      samples: [...deliveries].flatMap(([receiver, counts]) =>
        Object.entries(counts).map(([outcome, value]) => ({ labels: { receiver: label(receiver), outcome }, value })),
      ),
    },
    seconds('bulkhead_last_run_timestamp', 'When the last audit ended, with or without a result.', lastRun?.finishedAt),
    seconds('bulkhead_last_run_duration', 'How long the last audit took.', lastRun?.durationMs),
    seconds(
      'bulkhead_last_success_timestamp',
      'When the last audit ended that was decided: clean or with violations.',
      lastSuccessAt,
    ),
    ...(report === undefined ? [] : reportFamilies(report)),
  ];
}

function seconds(name: string, help: string, ms: number | undefined): Family {
  const samples = ms === undefined || Number.isNaN(ms) ? [] : [{ labels: {}, value: ms / 1000 }];
  return { name: `${name}_seconds`, type: 'gauge', unit: 'seconds', help, samples };
}

function reportFamilies({ engine, targets, findings }: Report): readonly Family[] {
  const labels = targetLabels(targets.map(({ name }) => name));
  const of = (finding: Finding) => labels.get(finding.target) ?? OTHERS;
  const { product, version } = engine;
  const applicable = findings.filter(({ status }) => status !== 'not-applicable');
  return [
    {
      name: 'bulkhead_engine',
      type: 'info',
      help: 'The container engine of the last report.',
      samples: [{ labels: { product: label(product), version: label(version) }, value: 1 }],
    },
    gauge('bulkhead_targets', 'Servers in the last report.', [{ labels: {}, value: targets.length }]),
    gauge('bulkhead_targets_folded', `Servers without series of their own: they are target="${OTHERS}".`, [
      { labels: {}, value: targets.filter(({ name }) => labels.get(name) === OTHERS).length },
    ]),
    gauge(
      'bulkhead_findings',
      'Findings of the last report; what is waived has that status.',
      sums(
        findings.map((finding) => {
          const { area, severity, status, waived } = finding;
          return [{ target: of(finding), area, severity, status: waived === undefined ? status : 'waived' }, 1];
        }),
      ),
    ),
    gauge(
      'bulkhead_findings_applicable',
      'Findings that could be decided, of the last report.',
      sums(applicable.map((finding) => [{ target: of(finding) }, 1])),
    ),
    gauge(
      'bulkhead_findings_decided',
      'Findings that were decided, of the last report: passed or failed.',
      // A server of which nothing is decided has a zero, not no sample.
      sums(applicable.map((finding) => [{ target: of(finding) }, isDecided(finding) ? 1 : 0])),
    ),
  ];
}

function gauge(name: string, help: string, samples: readonly Sample[]): Family {
  return { name, type: 'gauge', help, samples };
}

/** By their names in order, so that the same servers have series of their own from run to run. */
function targetLabels(names: readonly string[]): ReadonlyMap<string, string> {
  const sorted = [...new Set(names)].toSorted();
  return new Map(sorted.map((name, index) => [name, index < MAX_TARGETS ? label(name) : OTHERS]));
}

/** One sample for each set of labels, never two: that would spoil the whole scrape. */
function sums(parts: readonly (readonly [labels: Sample['labels'], value: number])[]): readonly Sample[] {
  const samples = new Map<string, Sample>();
  for (const [labels, value] of parts) {
    const key = JSON.stringify(Object.values(labels));
    samples.set(key, { labels, value: (samples.get(key)?.value ?? 0) + value });
  }
  return [...samples].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, sample]) => sample);
}

function isDecided({ status }: Finding): boolean {
  return status === 'pass' || status === 'fail';
}

function label(text: string): string {
  return escapeText(text, MAX_NAME);
}
