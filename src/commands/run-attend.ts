import { writeFile } from 'node:fs/promises';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import type { Compartment } from '../launcher/launch.ts';
import { httpConfig } from './client-config.ts';
import { print } from './print.ts';
import type { RunOptions } from './run-options.ts';

/** How long a server may take to end after its input did, before it is killed. Clients wait about two seconds. Milliseconds. */
const GRACE_MS = 1500;

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

/** Stays until the server ends, its client goes, or somebody interrupts. */
export async function attend(
  compartment: Compartment,
  stdio: boolean,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<number> {
  const { promise: gone, resolve: goAway } = Promise.withResolvers<'gone'>();
  const interrupted = new Promise<'interrupted'>((resolve) => {
    const end = (): void => resolve('interrupted');
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  if (stdio && compartment.stdin !== undefined) {
    process.stdin.pipe(compartment.stdin);
    process.stdin.once('end', () => setTimeout(() => goAway('gone'), GRACE_MS).unref());
    // A client that crashed takes its end of the pipe with it.
    process.stdout.once('error', () => goAway('gone'));
  }
  const outcome = await Promise.race([compartment.exit(), gone, interrupted]);
  process.stdin.unpipe();
  process.stdin.destroy();
  if (outcome === 'interrupted') return EXIT.interrupted;
  if (outcome === 'gone' || outcome === 0) return EXIT.clean;
  const why = (await compartment.ranOutOfMemory().catch(() => false)) ? ': it ran out of memory (--memory gives it more)' : '';
  say(`the server ended with code ${outcome}${why}`);
  return EXIT.violation;
}
