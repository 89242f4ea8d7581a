import { sign } from 'node:crypto';
import { CHECKS, gatheredChecks } from '../checks/registry.ts';
import { isComplete } from '../engine/exit-code.ts';
import { judgedAt, reportOf, type ReportOptions } from '../engine/report.ts';
import { BulkheadError } from '../errors.ts';
import {
  MANIFEST_VERSION,
  type EvidenceManifest,
  type EvidenceRunEntry,
  type LeftOutRun,
  type Period,
} from '../model/evidence.ts';
import type { Report } from '../model/report.ts';
import { inertJson } from '../reporters/json.ts';
import { REPORTERS, type Format } from '../reporters/registry.ts';
import { TOOL } from '../version.ts';
import { writeArchive, type AddFile } from './archive.ts';
import type { SigningKey } from './keys.ts';
import { manifestText, MAX_MANIFEST_BYTES, MAX_PACK_BYTES } from './manifest.ts';
import { hashOf, indexRuns, readRun, throwIfInterrupted, type EvidenceRun, type IndexedRun } from './run.ts';
import { addReport, emptyState, waiverKey } from './state.ts';
import { renderSummary } from './summary-markdown.ts';
import { summaryOf } from './summary.ts';

export interface PackRequest {
  readonly runs: AsyncIterable<EvidenceRun>;
  readonly period: Period;
  /**
   * How runs are judged of which nothing is known. Each is judged by the clock of its own end: a waiver holds for what it was
   * good for then.
   */
  readonly judging: Omit<ReportOptions, 'baseline'>;
  /** JUnit XML for each run too. */
  readonly junit: boolean;
  readonly key: SigningKey;
  /** SHA-256 of the manifest of the pack before. */
  readonly previous?: string;
  /** A pack without a run is no error. */
  readonly allowEmpty: boolean;
  readonly out: string;
  /** When it is made: all else follows from the runs. */
  readonly now: Date;
  readonly signal?: AbortSignal;
}

export interface PackResult {
  readonly runs: number;
  readonly leftOut: readonly LeftOutRun[];
  readonly files: number;
  /** SHA-256 of the manifest: what the next pack names as the one before. */
  readonly manifest: string;
}

const FILES: readonly { readonly name: string; readonly format: Format }[] = [
  { name: 'junit.xml', format: 'junit' },
  { name: 'report.html', format: 'html' },
  { name: 'report.json', format: 'json' },
];
const VIEW = { color: false, verbose: true, quiet: false, width: 100, showWaived: true } as const;

/**
 * Writes the pack. One run is held at a time.
 * @throws BulkheadError `usage` for an empty period, `evidence-invalid` where runs change meanwhile, `output-failed`, `interrupted`
 */
export async function createPack(request: PackRequest): Promise<PackResult> {
  const { period, key, previous, now, out, signal } = request;
  const index = await indexRuns(request.runs, period, signal);
  if (index.runs.length === 0 && !request.allowEmpty) throw empty(index.leftOut);
  const createdAt = now.toISOString();
  let manifest = '';
  let count = 0;
  await writeArchive(
    out,
    async (add) => {
      const state = emptyState();
      const runs: EvidenceRunEntry[] = [];
      const { accepted } = request.judging;
      // Those of today, then what else runs were judged with.
      const waivers = new Map((accepted?.waivers ?? []).map((waiver) => [waiverKey(waiver), waiver]));
      const attestations = new Map((accepted?.attestations ?? []).map((each) => [JSON.stringify(each), each]));
      for (const run of index.runs) {
        throwIfInterrupted(signal);
        const { report, bytes, options } = await judged(run, request.judging);
        addReport(state, report);
        for (const waiver of options.accepted?.waivers ?? []) waivers.set(waiverKey(waiver), waiver);
        for (const attestation of options.accepted?.attestations ?? [])
          attestations.set(JSON.stringify(attestation), attestation);
        const entry = entryOf(run, report, bytes.length);
        runs.push(entry);
        await addRun(add, entry.path, bytes, report, request.junit);
      }
      const checks = CHECKS.map(({ meta }) => meta);
      const summary = summaryOf({
        tool: TOOL,
        createdAt,
        period,
        runs,
        leftOut: index.leftOut,
        checks,
        waivers: [...waivers.values()],
        attestations: [...attestations.values()],
        state,
      });
      await add('summary.json', `${inertJson(summary, 2)}\n`);
      await add('summary.md', renderSummary(summary));
      throwIfInterrupted(signal);
    },
    (files) => {
      count = files.length;
      manifest = manifestOf({
        manifestVersion: MANIFEST_VERSION,
        tool: TOOL,
        createdAt,
        period,
        signature: { algorithm: 'Ed25519', keyId: key.keyId },
        ...(previous === undefined ? {} : { previous }),
        files: [...files],
      });
      return { manifest, signature: sign(null, Buffer.from(manifest), key.key) };
    },
  );
  return { runs: index.runs.length, leftOut: index.leftOut, files: count, manifest: hashOf(manifest) };
}

async function judged(
  { run, sha256 }: IndexedRun,
  judging: PackRequest['judging'],
): Promise<{ readonly bytes: Buffer; readonly report: Report; readonly options: ReportOptions }> {
  const bytes = await run.bytes();
  if (hashOf(bytes) !== sha256) {
    throw new BulkheadError('evidence-invalid', `${run.source} changed while it was packed.`, {
      hint: 'Pack runs that nobody writes to; nothing was written.',
    });
  }
  const bundle = readRun(bytes, run.source);
  const options = (await run.judging?.()) ?? judgedAt(judging, new Date(bundle.finishedAt));
  return { bytes, report: reportOf(bundle, gatheredChecks(bundle), options), options };
}

async function addRun(add: AddFile, path: string, bytes: Buffer, report: Report, junit: boolean): Promise<void> {
  await add(`${path}/bundle.json`, bytes);
  for (const { name, format } of FILES) {
    if (format === 'junit' && !junit) continue;
    const render = await REPORTERS[format].load();
    await add(`${path}/${name}`, [...render(report, VIEW)].join(''));
  }
}

function entryOf({ run, startedAt, sha256 }: IndexedRun, report: Report, bytes: number): EvidenceRunEntry {
  const { trigger, recordedAt, source } = run;
  return {
    path: `runs/${startedAt.replaceAll(':', '')}-${sha256.slice(0, 16)}`,
    source,
    session: report.session,
    startedAt,
    finishedAt: report.finishedAt,
    ...(trigger === undefined ? {} : { trigger }),
    ...(recordedAt === undefined ? {} : { recordedAt }),
    tool: `${report.tool.name} ${report.tool.version}`,
    engine: `${report.engine.product} ${report.engine.version}`,
    complete: isComplete(report),
    targets: report.targets.length,
    checks: report.checks.length,
    counts: report.summary.counts,
    exit: report.exit,
    bundle: { bytes, sha256 },
  };
}

function manifestOf(manifest: EvidenceManifest): string {
  const text = manifestText(manifest);
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (text.length <= MAX_MANIFEST_BYTES && total <= MAX_PACK_BYTES) return text;
  throw new BulkheadError('usage', `The pack would hold ${total} bytes in ${manifest.files.length} files: more than one may.`, {
    hint: 'Make several packs of shorter periods, each with --previous.',
  });
}

function empty(leftOut: readonly LeftOutRun[]): BulkheadError {
  const rest =
    leftOut.length === 0 ? '' : ` ${leftOut.length} were left out, the first: ${leftOut[0]?.source} (${leftOut[0]?.detail}).`;
  return new BulkheadError('usage', `There is no run in the period.${rest}`, {
    hint: 'Name bundles of `bulkhead audit --save`, or another --since; --allow-empty packs that there was none.',
  });
}
