import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import type { Config } from '../model/config.ts';
import { escapeText } from '../model/text.ts';
import { loadConfig } from './load.ts';

/** The names that are looked for, in this order for messages; more than one in a directory is an error. */
const NAMES = ['bulkhead.yaml', 'bulkhead.yml', 'bulkhead.json', 'package.json'] as const;

export interface FoundConfig {
  readonly config: Config;
  /** As it was named, or absolute. */
  readonly file: string;
  /** What its relative paths start from. */
  readonly directory: string;
  /** Nobody named it: it came with the directory, and may be somebody else's. */
  readonly discovered: boolean;
}

export interface ConfigRequest {
  /** `--config`; false with `--no-config`. */
  readonly flag?: string | false;
  /** `BULKHEAD_CONFIG`. */
  readonly variable?: string;
  readonly workingDirectory: string;
  readonly checks: readonly string[];
}

/**
 * The configuration: the one that is named, else the first one from the working directory up to the root of its
 * repository; outside a repository, the working directory alone, as others may write above it.
 * @throws BulkheadError as `loadConfig`; `config-invalid` when one directory has two
 */
export async function findConfig({ flag, variable, workingDirectory, checks }: ConfigRequest): Promise<FoundConfig | undefined> {
  if (flag === false) return undefined;
  const named = flag ?? (variable === '' ? undefined : variable);
  if (named !== undefined) {
    const config = await loadConfig(named, checks);
    if (config === undefined) {
      throw new BulkheadError('config-invalid', `${escapeText(named)} has no key "bulkhead".`, {
        hint: 'Add it, or name a bulkhead.yaml.',
      });
    }
    return { config, file: named, directory: path.dirname(path.resolve(workingDirectory, named)), discovered: false };
  }
  for (const directory of await directoriesOf(workingDirectory)) {
    const found = await configIn(directory, checks);
    if (found !== undefined) return found;
  }
  return undefined;
}

async function configIn(directory: string, checks: readonly string[]): Promise<FoundConfig | undefined> {
  const found: FoundConfig[] = [];
  for (const name of NAMES) {
    const file = path.join(directory, name);
    if (!(await isThere(file))) continue;
    const config = await loadConfig(file, checks);
    if (config !== undefined) found.push({ config, file, directory, discovered: true });
  }
  if (found.length > 1) {
    const names = found.map(({ file }) => escapeText(file)).join(' and ');
    throw new BulkheadError('config-invalid', `Two files configure the same directory: ${names}.`, { hint: 'Keep one of them.' });
  }
  return found[0];
}

/** The working directory and those above it, up to the root of its repository; outside a repository, itself alone. */
export async function directoriesOf(workingDirectory: string): Promise<readonly string[]> {
  const directories: string[] = [];
  for (let directory = workingDirectory; ; directory = path.dirname(directory)) {
    directories.push(directory);
    if (await isThere(path.join(directory, '.git'))) return directories;
    if (path.dirname(directory) === directory) return [workingDirectory];
  }
}

/** Also what is there and may not be read, or leads nowhere: reading it says why, and nothing is passed over. */
async function isThere(file: string): Promise<boolean> {
  try {
    await lstat(file);
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return code !== 'ENOENT' && code !== 'ENOTDIR';
  }
}

/**
 * A path of the configuration, from its directory. What nobody named may not lead out of its directory: it would make
 * whoever looks at a foreign repository read or overwrite files of their own.
 * @param what where it stands, for the message: `outputs[0]`
 * @throws BulkheadError `config-invalid`
 */
export async function pathFrom({ directory, discovered, file }: FoundConfig, value: string, what: string): Promise<string> {
  const resolved = path.resolve(directory, value);
  if (!discovered) return resolved;
  const steps = path.relative(directory, resolved).split(path.sep);
  if (steps[0] === '..' || path.isAbsolute(value)) throw outside(file, what, value);
  let at = directory;
  for (const step of steps) {
    at = path.join(at, step);
    const entry = await lstat(at).catch(() => undefined);
    if (entry?.isSymbolicLink() === true) throw outside(file, what, value);
  }
  return resolved;
}

function outside(file: string, what: string, value: string): BulkheadError {
  return new BulkheadError('config-invalid', `${escapeText(file)}, ${what}: "${escapeText(value)}" leads out of its directory.`, {
    hint: 'Give a path below the file, without symbolic links, or name the file with --config to trust it.',
  });
}
