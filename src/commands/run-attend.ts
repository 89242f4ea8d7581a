import { writeFile } from 'node:fs/promises';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import type { Compartment } from '../launcher/launch.ts';
import { httpConfig } from './client-config.ts';
import { print } from './print.ts';
import type { RunOptions } from './run-options.ts';

/** How long a server may take to end after its input did, before it is killed. Clients wait about two seconds. Milliseconds. */
const GRACE_MS = 1500;
/** The same for one that has said nothing yet: it may be about to. Milliseconds. */
const SILENT_MS = 12_000;
/** How much of what a client says is kept for a server that does not read it. Bytes. */
const MAX_AHEAD = 16 * 1024 * 1024;

/** Prints what a client needs to know, the token among it: once, here, or into a file of its own. */
export async function announce(name: string, options: RunOptions, { port }: Compartment, token: string): Promise<void> {
  if (options.transport === 'stdio' || port === undefined) return;
  const shown = options.tokenFile === undefined ? token : `<content of ${options.tokenFile}>`;
  if (options.tokenFile !== undefined) {
    // A file that is there already keeps its mode, and may be a link: it is not used.
    await writeFile(options.tokenFile, `${token}\n`, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
      throw new BulkheadError('usage', `The token could not be written: ${messageOf(error)}`, {
        hint: 'Give --token-file a path that does not exist yet.',
        cause: error,
      });
    });
  }
  await print(httpConfig(name, options.transport, port, shown));
}

/**
 * Hands on what the client says, and says when it is gone. A server that reads nothing does not keep anybody from
 * learning that: so much is read ahead.
 */
function forward(client: Readable, server: Writable, heard: () => number, gone: () => void): void {
  const ahead = new PassThrough({ readableHighWaterMark: MAX_AHEAD });
  client.once('end', () => {
    let before = { unread: ahead.readableLength, heard: heard() };
    let rounds = 0;
    const look = setInterval(() => {
      const now = { unread: ahead.readableLength, heard: heard() };
      // A server that reads or answers has more time, and so has one that may not be up yet.
      const works = now.unread < before.unread || now.heard > before.heard;
      if (!works && (now.heard > 0 || (rounds += 1) * GRACE_MS >= SILENT_MS)) {
        clearInterval(look);
        gone();
      }
      before = now;
    }, GRACE_MS);
    look.unref();
  });
  // A terminal that was closed, or a socket: what has no end.
  client.once('error', gone);
  client.pipe(ahead).pipe(server);
}

export interface Attended {
  readonly code: number;
  /** The server ended; otherwise what its client has not read yet is of no use to anybody. */
  readonly ended: boolean;
}

/** Stays until the server ends, its client goes, or somebody interrupts. */
export async function attend(
  compartment: Compartment,
  stdio: boolean,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<Attended> {
  const { promise: gone, resolve: goAway } = Promise.withResolvers<'gone'>();
  const interrupted = new Promise<'interrupted'>((resolve) => {
    const end = (): void => resolve('interrupted');
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  if (stdio && compartment.stdin !== undefined) {
    forward(process.stdin, compartment.stdin, compartment.heard, () => goAway('gone'));
    // A client that crashed takes its end of the pipe with it, perhaps before it was listened to here.
    if (process.stdout.errored === null) process.stdout.once('error', () => goAway('gone'));
    else goAway('gone');
  }
  const outcome = await Promise.race([compartment.exit(), gone, interrupted]);
  process.stdin.unpipe();
  process.stdin.destroy();
  if (outcome === 'interrupted') return { code: EXIT.interrupted, ended: false };
  if (outcome === 0) return { code: EXIT.clean, ended: true };
  if (outcome === 'gone') {
    say('the client is gone, and the server did not end: it is stopped');
    return { code: EXIT.clean, ended: false };
  }
  const why = (await compartment.ranOutOfMemory().catch(() => false)) ? ': it ran out of memory (--memory gives it more)' : '';
  say(`the server ended with code ${outcome}${why}`);
  return { code: EXIT.violation, ended: true };
}
