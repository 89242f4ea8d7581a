import { createHash } from 'node:crypto';
import { SEVERITIES, type Severity } from '../model/check.ts';
import type { Drift, DriftChange } from '../model/drift.ts';
import {
  EVENT_VERSION,
  MAX_EVENT_CHANGES,
  type DriftEvent,
  type Event,
  type EventEngine,
  type RecoveredEvent,
  type RunFailedEvent,
} from '../model/event.ts';
import { escapeText } from '../model/text.ts';

const MAX_TEXT = 200;
/** Of one change. */
const MAX_ENDPOINTS = 8;
/** Of an event's sentence; the schema allows for what escaping adds at its end. */
const MAX_SENTENCE = 500;

/** What changed, as an event; undefined when nothing did. Texts are made safe to print and cut short. */
export function driftEvent({ before, after, changes }: Drift, engine: EventEngine): DriftEvent | undefined {
  if (changes.length === 0) return undefined;
  const key = driftKey(changes);
  const of = (kind: DriftChange['kind']) => changes.filter((change) => change.kind === kind).length;
  const [opened, closed, incomparable] = [of('opened'), of('closed'), of('incomparable')];
  const counts = { opened, closed, incomparable, circumstances: changes.length - opened - closed - incomparable };
  const listed = changes.toSorted((a, b) => rank(b) - rank(a)).slice(0, MAX_EVENT_CHANGES);
  return {
    eventVersion: EVENT_VERSION,
    id: idOf('drift', key, engine.endpoint, after.session, after.finishedAt),
    type: 'drift',
    timestamp: bounded(after.finishedAt),
    key,
    data: {
      text: sentenceOf(counts, changes),
      severity: severityOf(changes),
      engine: safeEngine(engine),
      before: bounded(before.session),
      after: bounded(after.session),
      counts,
      changes: listed.map(safeChange),
      omitted: changes.length - listed.length,
    },
  };
}

/**
 * A run that ended without a result.
 * @param at when, milliseconds since 1970
 * @param failure code and message of a BulkheadError
 */
export function runFailedEvent(
  failure: { readonly code: string; readonly message: string },
  engine: EventEngine,
  at: number,
): RunFailedEvent {
  const timestamp = new Date(at).toISOString();
  return {
    eventVersion: EVENT_VERSION,
    id: idOf('run-failed', failure.code, engine.endpoint, timestamp),
    type: 'run-failed',
    timestamp,
    key: digest('run-failed', failure.code),
    data: {
      text: sentence(`The audit ended without a result: ${failure.message}`),
      // Whatever opens now is not seen.
      severity: 'high',
      engine: safeEngine(engine),
      code: escapeText(failure.code, 50),
    },
  };
}

/** A run that has a result again. */
export function recoveredEvent(
  run: { readonly session: string; readonly finishedAt: string },
  engine: EventEngine,
): RecoveredEvent {
  return {
    eventVersion: EVENT_VERSION,
    id: idOf('recovered', engine.endpoint, run.session, run.finishedAt),
    type: 'recovered',
    timestamp: bounded(run.finishedAt),
    key: digest('recovered'),
    data: {
      text: 'The audit has a result again.',
      severity: 'info',
      engine: safeEngine(engine),
      session: bounded(run.session),
    },
  };
}

/** What is told apart: an engine's drift is news of its own, beside whether it is looked at. */
export function topicOf(event: Event): 'drift' | 'run' {
  return event.type === 'drift' ? 'drift' : 'run';
}

/** The same for the same changes in any order and wording. */
function driftKey(changes: readonly DriftChange[]): string {
  const facts = changes.map(({ kind, target, check, subject, fingerprint, before, after }) =>
    JSON.stringify([kind, fingerprint ?? [target, check, subject], before, after]),
  );
  return digest('drift', ...facts.toSorted());
}

function idOf(...parts: readonly string[]): string {
  return `evt_${digest(...parts)}`;
}

function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}

/** What cannot be compared may have opened: going blind weighs what the sight was worth. */
function severityOf(changes: readonly DriftChange[]): Severity {
  const weights = changes.map(({ kind, severity }) =>
    severity !== undefined && (kind === 'opened' || kind === 'incomparable') ? SEVERITIES.indexOf(severity) : 0,
  );
  return SEVERITIES[Math.max(0, ...weights)] ?? 'info';
}

function rank({ kind, severity }: DriftChange): number {
  const order = ['closed', 'incomparable', 'opened'].indexOf(kind) + 1;
  return order * SEVERITIES.length + (severity === undefined ? 0 : SEVERITIES.indexOf(severity));
}

function sentenceOf(
  { opened, closed, incomparable, circumstances }: DriftEvent['data']['counts'],
  changes: readonly DriftChange[],
) {
  const [only] = changes;
  if (changes.length === 1 && only !== undefined) return sentence(only.text);
  const parts = [
    ...(opened > 0 ? [`${opened} opened`] : []),
    ...(closed > 0 ? [`${closed} closed`] : []),
    ...(incomparable > 0 ? [`${incomparable} cannot be compared`] : []),
    ...(circumstances > 0 ? [`${circumstances} ${circumstances === 1 ? 'circumstance' : 'circumstances'} changed`] : []),
  ];
  return `Between two runs: ${parts.join(', ')}.`;
}

const TEXTS = ['target', 'check', 'subject', 'fingerprint', 'before', 'after', 'why'] as const;

/** The findings of a change are left out: the diff of the two runs has them. */
function safeChange(change: DriftChange): DriftChange {
  const { kind, severity, waived, endpoints, text } = change;
  const texts = TEXTS.flatMap((name) => (change[name] === undefined ? [] : [[name, bounded(change[name])] as const]));
  return {
    kind,
    ...(severity === undefined ? {} : { severity }),
    ...(waived === undefined ? {} : { waived }),
    ...(endpoints === undefined ? {} : { endpoints: endpoints.slice(0, MAX_ENDPOINTS).map(bounded) }),
    text: sentence(text),
    ...Object.fromEntries(texts),
  };
}

function safeEngine({ endpoint, product, version }: EventEngine): EventEngine {
  return {
    endpoint: bounded(endpoint),
    ...(product === undefined ? {} : { product: bounded(product) }),
    ...(version === undefined ? {} : { version: bounded(version) }),
  };
}

/** Escaping makes a text up to six times longer: it is cut once more. */
function bounded(text: string): string {
  return escapeText(escapeText(text, MAX_TEXT), MAX_TEXT);
}

function sentence(text: string): string {
  return escapeText(escapeText(text, MAX_SENTENCE), MAX_SENTENCE);
}
