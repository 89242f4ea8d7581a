import { execa } from 'execa';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** Characters of each of the two outputs; one that says more is ended. */
const MAX_OUTPUT = 1024 * 1024;

/** What a program has written is read in less, once it has ended. Milliseconds. */
const DRAIN_MS = 2000;

export interface ToolCall {
  /** A name that PATH leads to, or a path. */
  readonly program: string;
  readonly args: readonly string[];
  /** All variables that it gets. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Written to its standard input, which ends then. */
  readonly input?: string;
  readonly signal?: AbortSignal;
}

export type ToolOutcome =
  | { readonly state: 'absent' }
  | { readonly state: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** `why` completes "NAME …". */
  | { readonly state: 'failed'; readonly why: string; readonly stderr: string };

/** Runs another program to its end, without a shell; bounded in time and output. */
export async function runTool({ program, args, env, timeoutMs, input, signal }: ToolCall): Promise<ToolOutcome> {
  const running = execa(program, args, {
    reject: false,
    env,
    extendEnv: false,
    timeout: timeoutMs,
    maxBuffer: MAX_OUTPUT,
    forceKillAfterDelay: 3000,
    windowsHide: true,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  running.nodeChildProcess.once('exit', () => {
    // Whoever it left behind may hold its outputs open for ever.
    setTimeout(() => [running.stdout, running.stderr].forEach((stream) => stream.destroy()), DRAIN_MS).unref();
  });
  const result = await running;
  if (result.isCanceled) throw new BulkheadError('interrupted', 'Interrupted.');
  if (result.timedOut) return { state: 'failed', why: `did not end within ${timeoutMs / 1000} s`, stderr: result.stderr };
  if (result.isMaxBuffer) return { state: 'failed', why: 'printed too much', stderr: result.stderr };
  if (result.exitCode !== undefined)
    return { state: 'ended', code: result.exitCode, stdout: result.stdout, stderr: result.stderr };
  if (result.code === 'ENOENT') return { state: 'absent' };
  return {
    state: 'failed',
    why: result.code === undefined ? 'was ended by a signal' : `could not be run (${result.code})`,
    stderr: result.stderr,
  };
}

/**
 * Its output, when it ended well.
 * @throws BulkheadError `engine-failed` with the end of what it printed
 */
export async function toolOutput(name: string, call: ToolCall): Promise<string> {
  const outcome = await runTool(call);
  if (outcome.state === 'ended' && outcome.code === 0) return outcome.stdout;
  throw new BulkheadError('engine-failed', `${name} ${reasonOf(outcome)}`, {
    hint: 'Run the same by hand to see all that it says.',
  });
}

/** What went wrong, to complete "NAME …"; safe to print. */
export function reasonOf(outcome: ToolOutcome): string {
  if (outcome.state === 'absent') return 'is not there.';
  const what = outcome.state === 'ended' ? `ended with code ${outcome.code}` : outcome.why;
  // The last lines say why; the first ones what it was about to do.
  const printed = escapeText(outcome.stderr.trim().split('\n').slice(-4).join(' | ').slice(-500), 600);
  return printed === '' ? `${what}.` : `${what}: ${printed}`;
}
