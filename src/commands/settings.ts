import type { Command } from 'commander';
import { CHECKS } from '../checks/registry.ts';
import { findConfig, pathFrom, type FoundConfig } from '../config/discover.ts';
import { loadWaivers } from '../config/load.ts';
import { baselineOf, baselineRun } from '../engine/baseline.ts';
import { EXIT } from '../engine/exit-code.ts';
import type { ReportOptions } from '../engine/report.ts';
import type { ProfileRule } from '../engine/subjects.ts';
import { BulkheadError } from '../errors.ts';
import type { Severity } from '../model/check.ts';
import type { Config } from '../model/config.ts';
import type { Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import type { Waiver } from '../model/waiver.ts';
import type { InternetCanary } from '../probes/context.ts';
import { isBuiltInName } from '../profiles/built-in.ts';
import { loadBaseline, saveBaseline } from '../store/baseline-file.ts';
import {
  addConfigOptions,
  canaryAt,
  gateAt,
  internetOf,
  parseGate,
  parseHostPort,
  parsePercent,
  parseSeverity,
} from './options.ts';
import { parseFormats, type OutputRequest, type ViewOptions } from './output.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What decides whether a failure counts; a value that is absent was not given. */
export interface FailureFlags {
  /** False with `--no-config`. */
  readonly config?: string | false;
  readonly failOn?: Severity | 'never';
  readonly waivers?: string;
}

/** What `audit` and `evaluate` both take. */
export interface GateFlags extends FailureFlags {
  readonly minSeverity?: Severity;
  readonly format: readonly string[];
  readonly failOnUnusedWaiver: boolean;
  readonly minCoverage?: number;
  readonly baseline?: string;
  readonly updateBaseline: boolean;
  readonly showWaived: boolean;
  readonly allowEmpty: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Flag, environment, file and default, resolved in that order. */
export interface Settings {
  readonly found?: FoundConfig;
  readonly formats: readonly OutputRequest[];
  readonly view: ViewOptions;
  readonly report: ReportOptions;
  /** The file that `--update-baseline` writes. */
  readonly updateBaseline?: string;
}

export function addGateOptions(command: Command): Command {
  return addConfigOptions(command)
    .optionsGroup('Gate:')
    .option('--fail-on <severity>', 'lowest severity that fails the run, or never (default: medium)', parseGate)
    .option(
      '--min-severity <severity>',
      'hide less severe findings; does not change the exit code',
      parseSeverity('--min-severity'),
    )
    .option('--waivers <file>', 'failures that somebody accepts until a day')
    .option('--fail-on-unused-waiver', 'a waiver that covers nothing, or has ended, fails the run', false)
    .option(
      '--min-coverage <percent>',
      'share of findings that have to be decided; below it the run is inconclusive',
      parsePercent('--min-coverage'),
    )
    .option('--show-waived', 'waived findings in full, and what became of each waiver', false)
    .option('--baseline <file>', 'an earlier JSON report or baseline: only what is new since then fails the run')
    .option('--update-baseline', 'write this run to the file of --baseline', false);
}

/** The ids of all checks, which a configuration may name. */
const checkIds = (): readonly string[] => CHECKS.map(({ meta }) => meta.id);

/** An empty variable is none. */
function variable(env: Environment, name: string): string | undefined {
  return env[name] === '' ? undefined : env[name];
}

/** The configuration that is named or found, after saying which. */
export async function readConfig(flag: string | false | undefined, env: Environment): Promise<FoundConfig | undefined> {
  const named = variable(env, 'BULKHEAD_CONFIG');
  const found = await findConfig({
    ...(flag === undefined ? {} : { flag }),
    ...(named === undefined ? {} : { variable: named }),
    workingDirectory: process.cwd(),
    checks: checkIds(),
  });
  // Said even with --quiet: it may hold waivers, and it may have come with somebody else's repository.
  if (found !== undefined) process.stderr.write(`bulkhead: configuration ${escapeText(found.file, 1000)}\n`);
  return found;
}

export interface FailureSettings {
  readonly failOn: Severity | 'never';
  readonly waivers: readonly Waiver[];
}

/** Which failures count: flag, environment, file and default, in that order. */
export async function resolveFailures(
  flags: FailureFlags,
  env: Environment,
  found: FoundConfig | undefined,
): Promise<FailureSettings> {
  const failOn = variable(env, 'BULKHEAD_FAIL_ON');
  const gateOfVariable = failOn === undefined ? undefined : gateAt(failOn, 'BULKHEAD_FAIL_ON');
  return {
    failOn: flags.failOn ?? gateOfVariable ?? found?.config.gates?.failOn ?? 'medium',
    waivers: await waiversOf(flags.waivers ?? variable(env, 'BULKHEAD_WAIVERS'), found),
  };
}

/** @throws BulkheadError for whatever is given and invalid, whether or not another source overrides it */
export async function resolveSettings(flags: GateFlags, env: Environment, now = new Date()): Promise<Settings> {
  const found = await readConfig(flags.config, env);
  const gates = found?.config.gates ?? {};
  const { failOn, waivers } = await resolveFailures(flags, env, found);
  const minCoverage = flags.minCoverage ?? gates.minCoverage;
  const baseline =
    flags.baseline ??
    variable(env, 'BULKHEAD_BASELINE') ??
    (found && gates.baseline !== undefined ? await pathFrom(found, gates.baseline, 'gates.baseline') : undefined);
  if (flags.updateBaseline && baseline === undefined) {
    throw new BulkheadError('usage', '--update-baseline lacks a file.', { hint: 'Name it: --baseline bulkhead.baseline.json.' });
  }
  const minSeverity = flags.minSeverity ?? gates.minSeverity;
  const { quiet, verbose, showWaived } = flags;
  return {
    ...(found === undefined ? {} : { found }),
    formats: await outputsOf(flags.format, found),
    view: { quiet, verbose, showWaived, ...(minSeverity === undefined ? {} : { minSeverity }) },
    report: {
      failOn,
      allowEmpty: flags.allowEmpty || gates.allowEmpty === true,
      failOnUnusedWaiver: flags.failOnUnusedWaiver || gates.failOnUnusedWaiver === true,
      ...(minCoverage === undefined ? {} : { minCoverage }),
      accepted: { waivers, attestations: found?.config.attestations ?? [], now },
      ...(baseline === undefined || flags.updateBaseline ? {} : { baseline: await loadBaseline(baseline) }),
    },
    ...(baseline !== undefined && flags.updateBaseline ? { updateBaseline: baseline } : {}),
  };
}

/** A file of waivers that is named replaces those of the configuration, as every flag replaces what it stands for. */
async function waiversOf(named: string | undefined, found: FoundConfig | undefined): Promise<readonly Waiver[]> {
  if (named !== undefined) return loadWaivers(named, checkIds());
  if (found === undefined) return [];
  const { waivers = [], waiversFile } = found.config;
  if (waiversFile === undefined) return waivers;
  return [...waivers, ...(await loadWaivers(await pathFrom(found, waiversFile, 'waiversFile'), checkIds()))];
}

async function outputsOf(flags: readonly string[], found: FoundConfig | undefined): Promise<readonly OutputRequest[]> {
  if (flags.length > 0 || found?.config.outputs === undefined) return parseFormats(flags);
  const requests = parseFormats(found.config.outputs, { flag: `${found.file}, outputs:` });
  return Promise.all(
    requests.map(async ({ format, path }, index): Promise<OutputRequest> =>
      path === undefined ? { format } : { format, path: await pathFrom(found, path, `outputs[${index}]`) },
    ),
  );
}

export interface DestinationFlags {
  /** False with `--no-internet`. */
  readonly internet: readonly string[] | false;
  readonly management: readonly string[];
  readonly private: readonly string[];
  readonly neighbor: readonly string[];
}

type HostPort = ReturnType<typeof parseHostPort>;

/** What is dialled: a flag replaces the list of the file. */
export function destinationsOf(
  flags: DestinationFlags,
  found: FoundConfig | undefined,
): {
  readonly internet: readonly InternetCanary[];
  readonly useInternet: boolean;
  readonly management: readonly HostPort[];
  readonly private: readonly HostPort[];
  readonly neighbors: readonly HostPort[];
} {
  const { canaries = {}, management }: Config = found?.config ?? {};
  const given = (values: readonly string[], flag: string, configured: readonly string[] | undefined, key: string) =>
    values.length > 0
      ? values.map((value) => parseHostPort(value, flag))
      : (configured ?? []).map((value) => parseHostPort(value, `${found?.file ?? ''}, ${key}`));
  const ofFile = flags.internet !== false && flags.internet.length === 0 ? canaries.internet : undefined;
  return {
    internet:
      ofFile === undefined
        ? internetOf(flags.internet)
        : ofFile.map((value) => canaryAt(value, `${found?.file ?? ''}, canaries.internet`)),
    useInternet: flags.internet !== false && (ofFile === undefined || ofFile.length > 0),
    management: given(flags.management, '--management', management, 'management'),
    private: given(flags.private, '--private', canaries.private, 'canaries.private'),
    neighbors: given(flags.neighbor, '--neighbor', canaries.neighbors, 'canaries.neighbors'),
  };
}

/** The profiles of the file, their paths resolved. */
export async function profileRulesOf(found: FoundConfig | undefined): Promise<readonly ProfileRule[]> {
  if (found === undefined) return [];
  return Promise.all(
    (found.config.profiles ?? []).map(async ({ profile, ...rule }, index): Promise<ProfileRule> => ({
      ...rule,
      where: `${found.file}, profiles[${index}]`,
      profile: isBuiltInName(profile) ? profile : await pathFrom(found, profile, `profiles[${index}].profile`),
    })),
  );
}

/** A report and what it was judged with. */
interface JudgedReport {
  readonly report: Report;
  readonly options: ReportOptions;
}

/**
 * The report; with `--update-baseline`, measured against the baseline that it becomes. A run that broke off or found
 * nobody is no baseline: everything that it missed would be new, or gone.
 */
export async function finishReport(settings: Settings, reportWith: (options: ReportOptions) => Report): Promise<JudgedReport> {
  const report = reportWith(settings.report);
  const judged = { report, options: settings.report };
  const { updateBaseline: file } = settings;
  if (file === undefined) return judged;
  const broken = report.interrupted || report.exit.code === EXIT.engine || report.targets.length === 0;
  if (broken) {
    process.stderr.write(`bulkhead: ${escapeText(file, 1000)} was not written: this run is no baseline. ${report.exit.reason}\n`);
    return judged;
  }
  const baseline = baselineOf(baselineRun(report));
  await saveBaseline(file, baseline);
  process.stderr.write(`bulkhead: ${escapeText(file, 1000)} was written: ${baseline.entries.length} entries\n`);
  const options = { ...settings.report, baseline: { source: file, baseline } };
  return { report: reportWith(options), options };
}
