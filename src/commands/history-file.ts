import { homedir } from 'node:os';
import path from 'node:path';
import { CHECKS } from '../checks/registry.ts';
import { findConfig, pathFrom, type FoundConfig } from '../config/discover.ts';
import { defaultHistoryFile } from '../history/default-file.ts';
import { openHistory, type History, type Retention } from '../history/history.ts';
import type { NewRun } from '../history/record.ts';
import { escapeText } from '../model/text.ts';
import { usage } from './options.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where an audit is recorded, and which runs stay there. */
export interface Recording {
  readonly file: string;
  readonly retention: Retention;
}

/**
 * Whether and where to record: flag, environment, configuration, in that order.
 * @param flag of `--record [FILE]`; false with `--no-record`
 */
export async function recordingOf(
  flag: string | boolean | undefined,
  env: Environment,
  found: FoundConfig | undefined,
): Promise<Recording | undefined> {
  const { history } = found?.config ?? {};
  const wanted = flag ?? (variableOf(env) !== undefined || history !== undefined);
  if (wanted === false) return undefined;
  if (typeof wanted === 'string' && !/[/\\]|\.db$/.test(wanted)) {
    // `audit --record github` would else audit all servers and record them in a file of that name.
    throw usage('--record', wanted, `a path with a slash, or that ends in .db; a server's name stands before --record`);
  }
  const file = await historyFileOf(typeof wanted === 'string' ? wanted : undefined, env, found);
  return { file, retention: await retentionFor(file, found) };
}

/** What nobody named may have come with somebody else's repository: it limits the history that it names, and no other. */
async function retentionFor(file: string, found: FoundConfig | undefined): Promise<Retention> {
  const { file: own, keepRuns, keepDays } = found?.config.history ?? {};
  if (found === undefined || (keepRuns === undefined && keepDays === undefined)) return {};
  if (found.discovered && (own === undefined || (await pathFrom(found, own, 'history.file')) !== path.resolve(file))) {
    process.stderr.write(
      `bulkhead: the limits of ${escapeText(found.file, 1000)} are for a history that it names (history.file); nothing is pruned\n`,
    );
    return {};
  }
  return { ...(keepRuns === undefined ? {} : { keepRuns }), ...(keepDays === undefined ? {} : { keepDays }) };
}

/** The history that is meant: the flag's, the environment's, the configuration's, else the usual one. */
export async function historyFileOf(flag: string | undefined, env: Environment, found: FoundConfig | undefined): Promise<string> {
  const file = found?.config.history?.file;
  return (
    flag ??
    variableOf(env) ??
    (found && file !== undefined ? await pathFrom(found, file, 'history.file') : defaultHistoryFile(env, homedir()))
  );
}

function variableOf(env: Environment): string | undefined {
  return env['BULKHEAD_HISTORY'] === '' ? undefined : env['BULKHEAD_HISTORY'];
}

/** Records a run, and then lets go of those that are kept no longer: that may fail without losing the run. */
export async function recordRun(recording: Recording, run: NewRun, progress: (message: string) => void): Promise<void> {
  const { file, retention } = recording;
  await withHistory(openHistory(file, { create: true }), async (history) => {
    const id = await history.record(run);
    progress(`recorded as run ${id} in ${escapeText(file, 1000)}`);
    if (retention.keepRuns === undefined && retention.keepDays === undefined) return;
    const { runs } = history.prune(retention);
    if (runs > 0) progress(`${runs} older ${runs === 1 ? 'run was' : 'runs were'} pruned`);
  });
}

/** Which history a command is about. */
export interface FileFlags {
  readonly file?: string;
  /** False with `--no-config`. */
  readonly config?: string | false;
}

/** The history that is there. */
export async function openedHistory({ file, config }: FileFlags): Promise<History> {
  const variable = process.env['BULKHEAD_CONFIG'];
  // Where the file is named, a configuration has nothing to say.
  const flag = file === undefined ? config : false;
  const found = await findConfig({
    ...(flag === undefined ? {} : { flag }),
    ...(variable === undefined ? {} : { variable }),
    workingDirectory: process.cwd(),
    checks: CHECKS.map(({ meta }) => meta.id),
  });
  return openHistory(await historyFileOf(file, process.env, found));
}

export async function withHistory<T>(history: History, work: (history: History) => Promise<T>): Promise<T> {
  try {
    return await work(history);
  } finally {
    history.close();
  }
}
