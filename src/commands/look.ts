import type { Command } from 'commander';
import { CHECKS } from '../checks/registry.ts';
import type { FoundConfig } from '../config/discover.ts';
import { gather } from '../engine/gather.ts';
import { kindsOf } from '../engine/kinds.ts';
import type { GatherRequest, Subject } from '../engine/request.ts';
import { selectSubjects, type SelectionRequest } from '../engine/subjects.ts';
import { BulkheadError } from '../errors.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { Check } from '../model/check.ts';
import { sweep } from '../runtime/cleanup.ts';
import type { Engine } from '../runtime/connect.ts';
import { inspectContainers } from '../runtime/containers.ts';
import { ensureProbeImage } from '../runtime/probe-image.ts';
import { asEngineError, HOST_OPTION } from './engine.ts';
import { collect, parseInteger, selectChecks } from './options.ts';
import { destinationsOf, profileRulesOf, type DestinationFlags } from './settings.ts';

/** How servers are looked at: `audit` does it once, `watch` again and again. */
export interface LookFlags extends DestinationFlags {
  readonly all: boolean;
  readonly profile: readonly string[];
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly callTool?: string;
  readonly callReadOnly: boolean;
  readonly timeout: number;
  readonly concurrency: number;
  readonly host?: string;
}

export function addLookOptions(command: Command): Command {
  return command
    .optionsGroup('What is looked at, and how:')
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
    .option(...HOST_OPTION);
}

/** Flags and configuration, read and checked. */
export interface Look {
  readonly selection: SelectionRequest;
  readonly checks: readonly Check[];
  readonly attempts: Pick<GatherRequest, 'internet' | 'useInternet' | 'management' | 'private' | 'neighbors' | 'call' | 'kinds'>;
  readonly timeoutMs: number;
  readonly concurrency: number;
}

/** @throws BulkheadError for whatever is invalid */
export async function resolveLook(names: readonly string[], flags: LookFlags, found: FoundConfig | undefined): Promise<Look> {
  const checks = selectChecks(CHECKS, flags.only, flags.skip);
  return {
    selection: {
      names: names.length > 0 || flags.all ? names : (found?.config.targets ?? []),
      all: flags.all,
      profiles: flags.profile,
      rules: await profileRulesOf(found),
    },
    checks,
    attempts: { ...destinationsOf(flags, found), ...toolCallOf(flags), kinds: kindsOf(checks) },
    timeoutMs: flags.timeout,
    concurrency: flags.concurrency,
  };
}

function toolCallOf({ callTool, callReadOnly }: LookFlags): Pick<GatherRequest, 'call'> {
  if (callTool !== undefined && callReadOnly) {
    throw new BulkheadError('usage', '--call-tool and --call-read-only exclude each other.', { hint: 'Give one of them.' });
  }
  if (callTool !== undefined) return { call: { tool: callTool } };
  return callReadOnly ? { call: { readOnly: true } } : {};
}

/** The servers that are there, and what is to be said of the selection. */
export interface Selected {
  readonly subjects: readonly Subject[];
  readonly notes: readonly string[];
}

/** @param tidy removes what a run that was killed has left behind */
export async function select(engine: Engine, { selection }: Look, tidy: boolean): Promise<Selected> {
  return asEngineError(engine, async () => {
    const swept = tidy ? await sweep(engine.docker, Date.now()) : [];
    const { subjects, notes } = await selectSubjects(await inspectContainers(engine.docker), selection);
    return { subjects, notes: [...swept, ...notes] };
  });
}

/** @throws BulkheadError where nothing could be begun; what fails later is in the bundle */
export async function lookAt(
  engine: Engine,
  { checks, attempts, timeoutMs, concurrency }: Look,
  { subjects, notes }: Selected,
  { signal, progress }: Pick<GatherRequest, 'signal' | 'progress'>,
): Promise<ObservationBundle> {
  progress(`${engine.facts.product} ${engine.facts.version}, ${subjects.length} targets`);
  const image =
    subjects.length === 0 ? '' : await asEngineError(engine, () => ensureProbeImage(engine.docker, engine.facts.architecture));
  if (signal.aborted) throw new BulkheadError('interrupted', 'Interrupted.');
  return gather({
    ...attempts,
    subjects,
    engine,
    image,
    checks: checks.map(({ meta }) => meta.id),
    timeoutMs,
    concurrency,
    notes,
    signal,
    progress,
  });
}
