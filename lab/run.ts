import { execa } from 'execa';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { LabError, LabInterrupted } from './errors.ts';

export interface RunOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly hint?: string;
}

/**
 * Runs a program to its end and returns its standard output.
 * @throws LabError with the end of its standard error when it fails.
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await execa(file, args, {
    reject: false,
    env: { ...systemPath(), ...options.env },
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal, killSignal: 'SIGKILL' as const }),
  });
  if (result.isCanceled) throw new LabInterrupted();
  if (result.failed) {
    const detail = result.stderr.trim().split('\n').slice(-5).join('\n') || result.originalMessage || 'no message';
    throw new LabError(
      `\`${[file, ...args].join(' ')}\` failed (${result.exitCode ?? result.signal ?? 'not started'}): ${detail}`,
      options.hint ?? 'Run it by hand to see more.',
    );
  }
  return result.stdout;
}

/** The place of a program on PATH or among the system directories, or undefined. */
export function findProgram(name: string): string | undefined {
  for (const directory of systemPath().PATH.split(delimiter)) {
    const candidate = join(directory, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not here: look further.
    }
  }
  return undefined;
}

/** The PATH of a user's shell often lacks the directories that ip and dockerd are in. */
export function systemPath(): { readonly PATH: string } {
  const own = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean);
  const missing = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter((directory) => !own.includes(directory));
  return { PATH: [...own, ...missing].join(delimiter) };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
