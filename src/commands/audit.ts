import type { Command } from 'commander';
import { CHECKS } from '../checks/registry.ts';
import { planDryRun } from '../engine/dry-run.ts';
import { EXIT } from '../engine/exit-code.ts';
import { gather } from '../engine/gather.ts';
import { kindsOf } from '../engine/kinds.ts';
import { reportOf } from '../engine/report.ts';
import type { GatherRequest } from '../engine/request.ts';
import { selectSubjects } from '../engine/subjects.ts';
import { BulkheadError } from '../errors.ts';
import { sweep } from '../runtime/cleanup.ts';
import { inspectContainers } from '../runtime/containers.ts';
import { ensureProbeImage } from '../runtime/probe-image.ts';
import { saveBundle } from '../store/bundle-file.ts';
import { renderDryRun } from './dry-run-text.ts';
import { asEngineError, engineOf, HOST_OPTION } from './engine.ts';
import { collect, parseInteger, selectChecks } from './options.ts';
import { allOf, FORMAT_HELP, writeReport } from './output.ts';
import { print } from './print.ts';
import {
  addGateOptions,
  destinationsOf,
  finishReport,
  profileRulesOf,
  resolveSettings,
  type DestinationFlags,
  type GateFlags,
} from './settings.ts';
import { recordingOf, recordRun } from './history-file.ts';
import type { CommandContext } from './context.ts';

interface AuditOptions extends GateFlags, DestinationFlags {
  readonly all: boolean;
  readonly profile: readonly string[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly callTool?: string;
  readonly callReadOnly: boolean;
  readonly timeout: number;
  readonly concurrency: number;
  readonly save?: string;
  /** True without a file, false with `--no-record`. */
  readonly record?: string | boolean;
  readonly dryRun: boolean;
  readonly host?: string;
}

export function addAudit(program: Command, context: CommandContext): void {
  addGateOptions(program.command('audit'))
    .description('look from inside MCP servers and compare with what they declare')
    .argument('[name...]', 'containers to audit, by name or id (default: every MCP server that is found)')
    .option('--all', 'every running container, MCP server or not', false)
    .option('--profile <[name=]profile>', 'profile to measure against: a JSON file, none or network; repeatable', collect, [])
    .option('--only <checks>', 'only these checks: ids, slugs or areas, separated by commas', collect, [])
    .option('--skip <checks>', 'all but these checks', collect, [])
    .option(
      '--internet <host:port[/udp]>',
      'destination outside that nobody declares; repeatable, replaces the defaults',
      collect,
      [],
    )
    .option('--no-internet', 'dial nothing outside')
    .option('--management <host:port>', 'management API that servers must not reach; repeatable', collect, [])
    .option('--private <host:port>', 'destination in a private range that nobody declares; repeatable', collect, [])
    .option('--neighbor <host:port>', 'undeclared neighbour of a declared host, one that exists; repeatable', collect, [])
    .option('--call-tool <name>', 'where a session with another server opens, call this tool of it, without arguments')
    .option('--call-read-only', 'where a session with another server opens, call a tool of it that is marked read-only', false)
    .option('--timeout <ms>', 'time for one attempt, retries included', parseInteger('--timeout', 100, 60_000), 2000)
    .option('--concurrency <n>', 'containers started at once', parseInteger('--concurrency', 1, 64), 4)
    .option('--format <format[=file]>', FORMAT_HELP, collect, [])
    .option('--save <file>', 'keep the observations, for `bulkhead evaluate`')
    .option(
      '--record [file]',
      'keep the run in the history (default file: BULKHEAD_HISTORY, else of the configuration, else of the user)',
    )
    .option('--no-record', 'keep it in no history, whatever is configured')
    .option('--dry-run', 'print every attempt that would be made, make none', false)
    .option('--allow-empty', 'finding no server is no failure', false)
    .option('--quiet', 'verdicts only, no progress', false)
    .option('--verbose', 'passes too', false)
    .option(...HOST_OPTION)
    .action(async (names: readonly string[], options: AuditOptions) => context.finish(await audit(names, options, context)));
}

async function audit(names: readonly string[], options: AuditOptions, { signal }: CommandContext): Promise<number> {
  const settings = await resolveSettings(options, process.env);
  const recording = await recordingOf(options.record, process.env, settings.found);
  const checks = selectChecks(CHECKS, options.only, options.skip);
  const destinations = destinationsOf(options, settings.found);
  const rules = await profileRulesOf(settings.found);
  const call = toolCallOf(options);
  const progress = options.quiet ? () => undefined : (message: string) => void process.stderr.write(`bulkhead: ${message}\n`);

  const engine = await engineOf(options.host);
  const found = await asEngineError(engine, async () => {
    const swept = options.dryRun ? [] : await sweep(engine.docker, Date.now());
    const { subjects, notes } = await selectSubjects(await inspectContainers(engine.docker), {
      names: names.length > 0 || options.all ? names : (settings.found?.config.targets ?? []),
      all: options.all,
      profiles: options.profile,
      rules,
    });
    return { subjects, notes: [...swept, ...notes] };
  });
  const common = {
    subjects: found.subjects,
    ...destinations,
    ...call,
    kinds: kindsOf(checks),
  };
  if (options.dryRun) {
    await print(renderDryRun(planDryRun(common)));
    return EXIT.clean;
  }
  progress(`${engine.facts.product} ${engine.facts.version}, ${found.subjects.length} targets`);
  const image =
    found.subjects.length === 0
      ? ''
      : await asEngineError(engine, () => ensureProbeImage(engine.docker, engine.facts.architecture));
  if (signal.aborted) throw new BulkheadError('interrupted', 'Interrupted.');
  const bundle = await gather({
    ...common,
    engine,
    image,
    checks: checks.map(({ meta }) => meta.id),
    timeoutMs: options.timeout,
    concurrency: options.concurrency,
    notes: found.notes,
    signal,
    progress,
  });
  const { save } = options;
  const { report, options: judging } = await finishReport(settings, (reportOptions) => reportOf(bundle, checks, reportOptions));
  await allOf([
    ...(save === undefined ? [] : [async () => saveBundle(save, bundle)]),
    ...(recording === undefined
      ? []
      : [
          async () => recordRun(recording, { bundle, report, options: judging, trigger: { kind: 'manual', text: '' } }, progress),
        ]),
    async () => writeReport(report, settings.formats, settings.view),
  ]);
  return report.exit.code;
}

function toolCallOf({ callTool, callReadOnly }: AuditOptions): Pick<GatherRequest, 'call'> {
  if (callTool !== undefined && callReadOnly) {
    throw new BulkheadError('usage', '--call-tool and --call-read-only exclude each other.', { hint: 'Give one of them.' });
  }
  if (callTool !== undefined) return { call: { tool: callTool } };
  return callReadOnly ? { call: { readOnly: true } } : {};
}
