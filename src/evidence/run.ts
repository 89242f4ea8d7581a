import { createHash } from 'node:crypto';
import type { ReportOptions } from '../engine/report.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import type { History } from '../history/history.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { LeftOutRun, Period } from '../model/evidence.ts';
import { escapeText } from '../model/text.ts';
import { parseBundle, readBundleBytes } from '../store/bundle-file.ts';

/** A recorded run, wherever it is kept. */
export interface EvidenceRun {
  /** Where it is kept, for people. */
  readonly source: string;
  /** What started it, where that is known. */
  readonly trigger?: string;
  /** When it was kept, where that is known: ISO 8601. */
  readonly recordedAt?: string;
  /** Its bundle as it is stored. Asked twice: to order the runs, and to pack it. @throws BulkheadError */
  readonly bytes: () => Promise<Buffer>;
  /** How it was judged when it was kept, where that is known. @throws BulkheadError */
  readonly judging?: () => Promise<ReportOptions>;
}

/** A run of the period, read and found to be a bundle. */
export interface IndexedRun {
  readonly run: EvidenceRun;
  readonly startedAt: string;
  readonly sha256: string;
}

export interface RunIndex {
  /** By their start. */
  readonly runs: readonly IndexedRun[];
  readonly leftOut: readonly LeftOutRun[];
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

/** Files of `bulkhead audit --save`. */
export async function* bundleFiles(paths: readonly string[]): AsyncIterable<EvidenceRun> {
  for (const path of paths) yield { source: path, bytes: () => readBundleBytes(path) };
}

/** Runs of a history, which stays open until they are packed. Those outside of the period are no news there. */
export async function* recordedRuns(
  history: Pick<History, 'runIds' | 'run' | 'bytesOf' | 'judgingOf'>,
  period: Period,
): AsyncIterable<EvidenceRun> {
  for (const id of history.runIds()) {
    const source = `run ${id} of the history`;
    try {
      const { startedAt, finishedAt, trigger } = history.run(id);
      if (!isWithin(startedAt, period)) continue;
      yield {
        source,
        trigger: trigger.text === '' ? trigger.kind : `${trigger.kind}: ${trigger.text}`,
        recordedAt: finishedAt,
        bytes: () => history.bytesOf(id),
        judging: () => history.judgingOf(id),
      };
    } catch (error) {
      // It is named as left out.
      yield { source, bytes: () => Promise.reject(error) };
    }
  }
}

/** Which runs belong to the period, in their order. One bundle is held at a time. Whatever is left out is named. */
export async function indexRuns(runs: AsyncIterable<EvidenceRun>, period: Period, signal?: AbortSignal): Promise<RunIndex> {
  const found = new Map<string, IndexedRun>();
  const leftOut: LeftOutRun[] = [];
  for await (const run of runs) {
    throwIfInterrupted(signal);
    const { source, trigger, recordedAt } = run;
    const known = { source, ...(trigger === undefined ? {} : { trigger }), ...(recordedAt === undefined ? {} : { recordedAt }) };
    let sha256: string | undefined;
    try {
      const bytes = await run.bytes();
      sha256 = hashOf(bytes);
      const twin = found.get(sha256);
      if (twin !== undefined) {
        leftOut.push({ ...known, why: 'duplicate', detail: `the same bytes as ${twin.run.source}`, sha256 });
        continue;
      }
      const { startedAt } = readRun(bytes, source);
      if (isWithin(startedAt, period)) found.set(sha256, { run, startedAt, sha256 });
      else leftOut.push({ ...known, why: 'outside', detail: `it started at ${startedAt}`, sha256 });
    } catch (error) {
      if (!(error instanceof BulkheadError)) throw error;
      leftOut.push({ ...known, why: 'unreadable', detail: messageOf(error), ...(sha256 === undefined ? {} : { sha256 }) });
    }
  }
  const ordered = [...found.values()].toSorted((a, b) => compare(a.startedAt, b.startedAt) || compare(a.sha256, b.sha256));
  return { runs: ordered, leftOut: leftOut.toSorted((a, b) => compare(a.source, b.source)) };
}

/** A bundle with times that can be ordered. @throws BulkheadError `bundle-invalid`, `profile-invalid` */
export function readRun(bytes: Buffer, source: string): ObservationBundle {
  const bundle = parseBundle(bytes.toString('utf8'), escapeText(source));
  return {
    ...bundle,
    startedAt: time(bundle.startedAt, 'startedAt', source),
    finishedAt: time(bundle.finishedAt, 'finishedAt', source),
  };
}

/** Of one form, so that their order as text is their order in time. */
function time(value: string, key: string, source: string): string {
  const date = new Date(TIME.test(value) ? value : Number.NaN);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  throw new BulkheadError('bundle-invalid', `${escapeText(source)}: ${key} is no time: ${escapeText(value, 60)}.`, {
    hint: 'A run is placed by its start, for instance 2026-11-20T09:30:00.000Z.',
  });
}

function isWithin(time: string, { since, until }: Period): boolean {
  return (since === undefined || time >= since) && time < until;
}

export function hashOf(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** By code units: the same order on every machine. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new BulkheadError('interrupted', 'Interrupted: no pack was written.', { hint: 'Run it again.' });
}
