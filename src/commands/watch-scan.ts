import { driftOf } from '../drift/drift.ts';
import { judgedAt, reportOf } from '../engine/report.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import type { Drift } from '../model/drift.ts';
import type { Event, EventEngine } from '../model/event.ts';
import type { Trigger } from '../model/history.ts';
import type { Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import type { Engine } from '../runtime/connect.ts';
import { driftEvent, recoveredEvent, runFailedEvent } from '../telling/event.ts';
import type { Teller } from '../telling/teller.ts';
import { narrow } from '../watch/narrow.ts';
import { updated, within } from '../watch/state.ts';
import type { Request } from '../watch/touched.ts';
import { recordRun, type Recording } from './history-file.ts';
import { lookAt, select, type Look, type Selected } from './look.ts';
import { allOf, writeReport } from './output.ts';
import type { Settings } from './settings.ts';
import type { Figures } from './watch-figures.ts';
import { lastKnown } from './watch-known.ts';

/** An engine that hangs does not keep a watch from looking for ever. Milliseconds. */
const LONGEST_SCAN_MS = 30 * 60_000;

export interface ScanTools {
  /** Of the engine, as its facts have it. */
  readonly endpoint: string;
  readonly engine: () => Promise<Engine>;
  readonly look: Look;
  readonly settings: Settings;
  readonly recording?: Recording;
  readonly teller: Teller;
  readonly figures: Figures;
  readonly signal: AbortSignal;
  /** Lines for people, said always. */
  readonly log: (line: string) => void;
  readonly progress: (line: string) => void;
  /** What changed. */
  readonly print: (text: string) => void;
  readonly json: boolean;
}

/** One scan after the other: looks, records, compares with what was known, and tells the difference. */
export async function scanner(tools: ScanTools): Promise<{
  readonly scan: (request: Request) => Promise<void>;
  readonly failed: (what: string) => void;
}> {
  const { teller, figures, log, signal } = tools;
  let known = await lastKnown(tools);
  let engine: EventEngine = { endpoint: tools.endpoint };
  /** Key of the failure that was told last, until a scan succeeds. */
  let failing: string | undefined;
  let lastSaid = '';

  const tell = (event: Event): void => {
    teller.tell(event);
    tools.print(tools.json ? `${JSON.stringify(event)}\n` : textOf(event));
  };

  const after = async (report: Report, gone: ReadonlySet<string>): Promise<void> => {
    const names = new Set([...report.targets.map(({ name }) => name), ...gone]);
    const drift: Drift | undefined =
      known === undefined
        ? undefined
        : driftOf({ report: within(known, names), source: 'the run before' }, { report, source: 'this run' });
    known = known === undefined ? report : updated(known, report, gone);
    if (failing !== undefined) tell(recoveredEvent(report, engine));
    failing = undefined;
    lastSaid = '';
    const event = drift === undefined ? undefined : driftEvent(drift, engine);
    if (event === undefined) teller.unchanged(engine.endpoint);
    else tell(event);
    // Figures that cannot be written make no scan a failed one.
    await figures.scanned(known, drift).catch((error: unknown) => log(messageOf(error)));
  };

  const scan = async (request: Request): Promise<void> => {
    const startedAt = Date.now();
    try {
      const connected = await tools.engine();
      engine = connected.facts;
      // What a run that was killed has left behind is no matter of one server.
      const selected = await select(connected, tools.look, request.scope === 'everything');
      const { subjects, gone } = touched(selected, request, known);
      if (subjects.length === 0 && gone.size === 0 && request.scope !== 'everything') return;
      tools.progress(`${request.trigger}: ${request.reasons.map((reason) => escapeText(reason, 200)).join(', ')}`);
      const bundle = await limited(signal, (either) =>
        lookAt(connected, tools.look, { ...selected, subjects }, { signal: either, progress: () => undefined }),
      );
      // Given up: what was not looked at would be told as lost.
      if (signal.aborted) return;
      const options = judgedAt(tools.settings.report, new Date());
      const report = reportOf(bundle, tools.look.checks, options);
      await allOf([
        async () => record(tools, { bundle, report, options, trigger: triggerOf(request) }),
        async () => {
          const { formats, view } = tools.settings;
          await writeReport(
            report,
            formats.filter(({ path }) => path !== undefined),
            view,
          );
        },
      ]).catch((error: unknown) => log(messageOf(error)));
      if (bundle.engineFailure !== undefined) throw new BulkheadError('engine-failed', bundle.engineFailure);
      if (bundle.interrupted) throw new BulkheadError('engine-failed', 'The scan took longer than half an hour.');
      await after(report, gone);
      tools.progress(`${report.targets.length} targets: ${report.exit.reason}`);
    } catch (error) {
      if (signal.aborted) return;
      const code = error instanceof BulkheadError ? error.code : 'engine-failed';
      const event = runFailedEvent({ code, message: messageOf(error) }, engine, Date.now());
      // It is tried again and again; the same failure is news once.
      if (event.key !== failing) tell(event);
      failing = event.key;
      await figures.failed(startedAt).catch((problem: unknown) => log(messageOf(problem)));
      throw error;
    }
  };

  const failed = (what: string): void => {
    if (what !== lastSaid) log(escapeText(what, 1000));
    lastSaid = what;
  };
  return { scan, failed };
}

/** Ends `work` when the signal is given or a scan has taken too long. Nothing of it is kept afterwards, as a timer would. */
async function limited<T>(signal: AbortSignal, work: (either: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), LONGEST_SCAN_MS);
  try {
    return await work(AbortSignal.any([signal, limit.signal]));
  } finally {
    clearTimeout(timer);
  }
}

/** What is to be looked at, and the names of the servers that are there no more. */
function touched(
  { subjects }: Selected,
  { scope }: Request,
  known: Report | undefined,
): { readonly subjects: Selected['subjects']; readonly gone: ReadonlySet<string> } {
  const present = new Set(subjects.map(({ target }) => target.name));
  const before = known?.targets ?? [];
  const left = before.filter(({ name, id }) => !present.has(name) && (scope === 'everything' || scope.containers.has(id)));
  return {
    subjects: narrow(subjects, scope, new Set(before.map(({ id }) => id))),
    gone: new Set(left.map(({ name }) => name)),
  };
}

async function record({ recording, progress }: ScanTools, run: Parameters<typeof recordRun>[1]): Promise<void> {
  if (recording !== undefined) await recordRun(recording, run, progress);
}

/** The first scan looks at everything, as scheduled ones do. */
function triggerOf({ trigger, reasons }: Request): Trigger {
  return { kind: trigger === 'event' ? 'event' : 'schedule', text: escapeText(reasons.join(', '), 1000) };
}

/** An event as lines for a person: its sentence, and each change. */
function textOf({ timestamp, type, data }: Event): string {
  const lines = 'changes' in data ? data.changes.map(({ kind, severity = 'info', text }) => `${kind} ${severity}: ${text}`) : [];
  const more =
    'omitted' in data && data.omitted > 0 ? [`and ${data.omitted} more: \`bulkhead diff run:previous run:latest\``] : [];
  return [
    `${timestamp} ${type} ${data.severity}: ${data.text}`,
    ...lines.map((line) => `  ${line}`),
    ...more.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
