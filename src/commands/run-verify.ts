import { EXIT } from '../engine/exit-code.ts';
import { verify, type VerifyRequest } from '../engine/verify.ts';
import { BulkheadError } from '../errors.ts';
import type { Compartment } from '../launcher/launch.ts';
import { renderConsole } from '../reporters/console.ts';
import type { Engine } from '../runtime/connect.ts';
import type { RunOptions } from './run-options.ts';
import { destinationsOf, readConfig, resolveFailures } from './settings.ts';

/** What of `--verify` is known before anything is started. */
export type VerifySettings = Pick<
  VerifyRequest,
  'internet' | 'useInternet' | 'management' | 'private' | 'neighbors' | 'failOn' | 'waivers' | 'now'
>;

/** @throws BulkheadError for whatever is given and invalid: before the launch, not after it */
export async function verifySettings(options: RunOptions, env = process.env, now = new Date()): Promise<VerifySettings> {
  const found = await readConfig(options.config, env);
  return {
    ...destinationsOf({ internet: options.internet, management: [], private: [], neighbor: [] }, found),
    ...(await resolveFailures(options, env, found)),
    now,
  };
}

/** True when the server may go on. The report goes where it is no protocol. */
export async function verified(
  engine: Engine,
  compartment: Compartment,
  options: RunOptions,
  settings: VerifySettings,
  signal: AbortSignal,
  say: (message: string) => void,
): Promise<boolean> {
  const report = await verify({
    ...settings,
    engine,
    target: compartment.serverId,
    timeoutMs: options.timeout,
    signal,
    progress: () => undefined,
  });
  if (report.exit.code !== EXIT.clean || !options.quiet) {
    process.stderr.write(renderConsole(report, { verbose: false, quiet: options.quiet, color: false, width: 100 }));
  }
  if (report.exit.code === EXIT.interrupted) throw new BulkheadError('interrupted', 'Interrupted.');
  if (report.exit.code === EXIT.violation) say('stopped: it can do what its profile does not allow');
  return report.exit.code !== EXIT.violation;
}
