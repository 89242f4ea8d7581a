import type { Command } from 'commander';
import { pathFrom, type FoundConfig } from '../config/discover.ts';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import type { TellingOptions } from '../model/telling.ts';
import { receiversOf } from '../telling/receivers.ts';
import { fileState, memoryState, type TellingState } from '../telling/state.ts';
import { startTeller } from '../telling/teller.ts';
import { followEvents } from '../runtime/events.ts';
import { parseSchedule } from '../watch/schedule.ts';
import { watch } from '../watch/watch.ts';
import type { CommandContext } from './context.ts';
import { endpointOf, engineOf } from './engine.ts';
import { recordingOf, type Recording } from './history-file.ts';
import { addLookOptions, resolveLook, type LookFlags } from './look.ts';
import { parseInteger } from './options.ts';
import { addGateOptions, resolveSettings, type GateFlags } from './settings.ts';
import { startFigures } from './watch-figures.ts';
import { scanner } from './watch-scan.ts';

interface WatchOptions extends Omit<GateFlags, 'format' | 'verbose' | 'allowEmpty'>, LookFlags {
  readonly schedule?: string;
  readonly jitter?: number;
  readonly events: boolean;
  /** True without a file, false with `--no-record`. */
  readonly record?: string | boolean;
  readonly json: boolean;
}

const DEFAULT_SCHEDULE = '1h';
/** Of a history that nobody set limits for: a watch runs for years. */
const DEFAULT_KEPT_RUNS = 2000;

export function addWatch(program: Command, context: CommandContext): void {
  addLookOptions(addGateOptions(program.command('watch')))
    .description('audit by schedule and whenever the engine says that something changed, and tell what opened and what closed')
    .argument('[name...]', 'containers to audit, by name or id (default: every MCP server that is found)')
    .optionsGroup('When, and what is told:')
    .option('--schedule <when>', `an interval such as 15m or 6h, or cron in local time (default: ${DEFAULT_SCHEDULE})`)
    .option('--jitter <seconds>', 'puts each scheduled scan off by up to this', parseInteger('--jitter', 0, 86_400))
    .option('--no-events', "scan by schedule alone, whatever the engine's events say")
    .option(
      '--record [file]',
      'history of the runs (default file: BULKHEAD_HISTORY, else of the configuration, else of the user)',
    )
    .option('--no-record', 'keep no history; what changed while no watch ran is then not told')
    .option('--json', 'what changed as JSON, an event a line', false)
    .option('--quiet', 'what changed only, no progress', false)
    .action(async (names: readonly string[], options: WatchOptions) => {
      await watchServers(names, options, context);
      context.finish(0);
    });
}

async function watchServers(names: readonly string[], options: WatchOptions, { signal }: CommandContext): Promise<void> {
  if (options.updateBaseline) {
    throw new BulkheadError('usage', '--update-baseline is for a single audit.', { hint: 'Run `bulkhead audit` with it.' });
  }
  const settings = await resolveSettings({ ...options, format: [], verbose: false, allowEmpty: true }, process.env);
  const { found } = settings;
  const { watch: configured = {} } = found?.config ?? {};
  const schedule = parseSchedule(
    options.schedule ?? configured.schedule ?? DEFAULT_SCHEDULE,
    options.schedule === undefined ? `${found?.file ?? ''}, watch.schedule` : '--schedule',
  );
  const look = await resolveLook(names, options, found);
  const recording = limited(await recordingOf(options.record ?? true, process.env, found));
  const log = (line: string): void => void process.stderr.write(`bulkhead: ${line}\n`);
  const progress = options.quiet ? () => undefined : log;
  const telling = await tellingOf(found);
  const teller = startTeller(await receiversOf(telling, process.env), await stateBeside(recording), log);
  const figures = await startFigures(telling.metrics ?? {}, () => teller.counts(), progress);
  const scan = await scanner({
    // An address that is none is said now, not at every scan.
    endpoint: endpointOf(options.host).url,
    engine: async () => engineOf(options.host),
    look,
    settings,
    teller,
    figures,
    signal,
    log,
    progress,
    print: (text) => void process.stdout.write(text),
    json: options.json,
    ...(recording === undefined ? {} : { recording }),
  });
  const events = options.events && configured.events !== false;
  try {
    await watch({
      schedule: { when: schedule, jitterMs: (options.jitter ?? configured.jitterSeconds ?? 0) * 1000 },
      ...(events ? { follow: async (how) => followEvents((await engineOf(options.host)).docker, { ...how, signal }) } : {}),
      scan: scan.scan,
      failed: scan.failed,
      signal,
    });
  } finally {
    await teller.close();
    await figures.close();
  }
}

function limited(recording: Recording | undefined): Recording | undefined {
  if (recording === undefined) return undefined;
  const { keepRuns, keepDays } = recording.retention;
  return keepRuns === undefined && keepDays === undefined
    ? { ...recording, retention: { keepRuns: DEFAULT_KEPT_RUNS } }
    : recording;
}

/**
 * Who is told. A configuration that lies where the program was started may have come with somebody else's repository: it runs
 * no program and sends nothing anywhere.
 */
async function tellingOf(found: FoundConfig | undefined): Promise<TellingOptions> {
  const telling = found?.config.telling;
  if (found === undefined || telling === undefined) return {};
  if (!found.discovered) return withPaths(telling, found);
  throw new BulkheadError('usage', `${escapeText(found.file, 1000)} wants to run programs or to send events (telling).`, {
    hint: `Where that is meant, name it: --config ${escapeText(found.file, 1000)}; else give --no-config.`,
  });
}

/** Files are relative to the configuration, as everywhere in it; a program is looked for as a shell does. */
async function withPaths({ webhooks = [], metrics = {}, ...rest }: TellingOptions, found: FoundConfig): Promise<TellingOptions> {
  const { textfile, ...others } = metrics;
  return {
    ...rest,
    webhooks: await Promise.all(
      webhooks.map(async ({ secretFile, ...webhook }, index) => ({
        ...webhook,
        ...(secretFile === undefined
          ? {}
          : { secretFile: await pathFrom(found, secretFile, `telling.webhooks[${index}].secretFile`) }),
      })),
    ),
    metrics: {
      ...others,
      ...(textfile === undefined ? {} : { textfile: await pathFrom(found, textfile, 'telling.metrics.textfile') }),
    },
  };
}

async function stateBeside(recording: Recording | undefined): Promise<TellingState> {
  return recording === undefined ? memoryState() : fileState(`${recording.file}.told.json`);
}
