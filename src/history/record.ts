import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { ReportOptions } from '../engine/report.ts';
import { BulkheadError } from '../errors.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { Judging, Trigger } from '../model/history.ts';
import type { Counts, Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import { baselineText } from '../store/baseline-file.ts';
import { bundleText } from '../store/bundle-file.ts';
import { pack, type Content } from './contents.ts';
import { INSERT_AREA, INSERT_CONTENT, INSERT_FINDING, INSERT_RUN, INSERT_SUBJECT, INSERT_TARGET, RUN_OF_SESSION } from './sql.ts';

/** A run that was judged. */
export interface NewRun {
  readonly bundle: ObservationBundle;
  /** Of this bundle, judged with these options. */
  readonly report: Report;
  readonly options: ReportOptions;
  readonly trigger: Trigger;
}

/** What is slow of a run, done before anybody has to wait for the file. */
export interface PackedRun extends NewRun {
  readonly packedBundle: Content;
  readonly packedBaseline?: Content;
}

export async function packRun(run: NewRun): Promise<PackedRun> {
  const { baseline } = run.options;
  return {
    ...run,
    packedBundle: await pack(bundleText(run.bundle)),
    ...(baseline === undefined ? {} : { packedBaseline: await pack(baselineText(baseline.baseline)) }),
  };
}

/**
 * Writes all of a run; called inside a transaction.
 * @returns its number
 * @throws BulkheadError `history-failed` for a session that is there already
 */
export function insertRun(database: DatabaseSync, run: PackedRun): number {
  const { report, packedBundle, packedBaseline } = run;
  const session = storable(report.session);
  const earlier = database.prepare(RUN_OF_SESSION).get({ session })?.['id'];
  if (earlier !== undefined) {
    throw new BulkheadError('history-failed', `Session ${escapeText(session)} is recorded already, as run ${String(earlier)}.`, {
      hint: `\`bulkhead history show ${String(earlier)}\` shows it.`,
    });
  }
  for (const content of [packedBundle, packedBaseline]) {
    if (content !== undefined) database.prepare(INSERT_CONTENT).run({ ...content });
  }
  const id = Number(database.prepare(INSERT_RUN).get(runValues(run))?.['id']);
  insertTargets(database, id, report);
  insertFindings(database, id, report);
  return id;
}

function runValues({ report, options, trigger, packedBundle, packedBaseline }: PackedRun): Values {
  return {
    session: storable(report.session),
    startedAt: timeOf(report.startedAt, 'started'),
    finishedAt: timeOf(report.finishedAt, 'finished'),
    interrupted: Number(report.interrupted),
    triggerKind: trigger.kind,
    triggerText: storable(trigger.text),
    tool: storable(report.tool.version),
    engine: JSON.stringify(report.engine),
    checks: JSON.stringify(report.checks.map((check) => check.id)),
    exitCode: report.exit.code,
    exitReason: storable(report.exit.reason),
    ...countValues(report.summary.counts),
    judging: JSON.stringify(judgingOf(options)),
    baselineSource: options.baseline === undefined ? null : storable(options.baseline.source),
    baseline: packedBaseline?.hash ?? null,
    bundle: packedBundle.hash,
  };
}

function judgingOf({ failOn, allowEmpty, accepted }: ReportOptions): Judging {
  return {
    failOn,
    allowEmpty,
    ...(accepted === undefined
      ? {}
      : {
          accepted: {
            waivers: [...accepted.waivers],
            attestations: [...accepted.attestations],
            now: accepted.now.toISOString(),
          },
        }),
  };
}

function insertTargets(database: DatabaseSync, run: number, { targets, areas }: Report): void {
  const target = database.prepare(INSERT_TARGET);
  for (const [position, { id, name, image, platform, transport, state, declaration }] of targets.entries()) {
    target.run({
      run,
      position,
      container: storable(id),
      name: storable(name),
      image: storable(image),
      platform,
      transport,
      state: storable(state),
      source: declaration.source,
      location: storable(declaration.location),
      egress: storable(declaration.egress),
    });
  }
  const positions = new Map(targets.map(({ id }, position) => [id, position]));
  const area = database.prepare(INSERT_AREA);
  for (const { targetId, area: name, verdict, counts } of areas) {
    area.run({ run, target: positions.get(targetId) ?? null, area: name, verdict, ...countValues(counts) });
  }
}

function insertFindings(database: DatabaseSync, run: number, { findings }: Report): void {
  const subjects = database.prepare(INSERT_SUBJECT);
  const rows = database.prepare(INSERT_FINDING);
  for (const [position, { check, area, target, subject, fingerprint, status, severity, waived }] of findings.entries()) {
    subjects.run({ fingerprint, check: storable(check), area, target: storable(target), subject: storable(subject) });
    rows.run({ run, position, fingerprint, status, severity, waived: Number(waived !== undefined) });
  }
}

type Values = Record<string, SQLInputValue>;

function countValues({ pass, fail, inconclusive, error, waived, ...counts }: Counts): Values {
  return { pass, fail, inconclusive, notApplicable: counts['not-applicable'], error, waived };
}

/** Text as a database keeps it: UTF-8, which has no lone surrogates, and no NUL, where other readers of the file stop. */
function storable(text: string): string {
  return Buffer.from(text).toString('utf8').replaceAll('\u0000', '\ufffd');
}

function timeOf(value: string, what: string): string {
  const time = new Date(value);
  if (Number.isNaN(time.getTime())) {
    throw new BulkheadError('history-failed', `A run that ${what} at "${escapeText(value, 40)}" has no place in a history.`, {
      hint: 'Times are ISO 8601, for example 2026-11-20T09:30:00.000Z.',
    });
  }
  return time.toISOString();
}
