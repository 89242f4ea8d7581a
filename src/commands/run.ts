import type { Command } from 'commander';
import { createHash, randomBytes } from 'node:crypto';
import { EXIT } from '../engine/exit-code.ts';
import { launch } from '../launcher/launch.ts';
import type { GatewayLine } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { describePolicy, egressPolicy } from '../profiles/match.ts';
import { assertServes } from '../runtime/server-state.ts';
import { printStdioConfig, serverNameOf } from './client-config.ts';
import type { CommandContext } from './context.ts';
import { decisionText } from './decision-text.ts';
import { asEngineError } from './engine.ts';
import { announce, attend } from './run-attend.ts';
import { addRunOptions, checkTransport, checkVerify, type RunOptions } from './run-options.ts';
import { prepare } from './run-prepare.ts';

/** How long a client that was left may take to read what was said before. Milliseconds. */
const UNREAD_MS = 500;

export function addRun(program: Command, context: CommandContext): void {
  addRunOptions(program.command('run').description('launch an MCP server in a compartment without a network interface'))
    .passThroughOptions()
    .action(async (image: string, args: readonly string[], options: RunOptions, command: Command) => {
      checkVerify(command, options);
      context.finish(await run(image, args, options, context));
    });
}

async function run(reference: string, args: readonly string[], options: RunOptions, { signal }: CommandContext): Promise<number> {
  const say = options.quiet ? () => undefined : (message: string) => void process.stderr.write(`bulkhead: ${message}\n`);
  const name = options.name ?? `${serverNameOf(reference)}-${randomBytes(2).toString('hex')}`;
  checkTransport(options);
  if (options.printConfig) return printStdioConfig(reference, process.argv.slice(2), args);
  // The checks and their report are much to load, and few ask for them here.
  const verification = options.verify ? await import('./run-verify.ts') : undefined;
  const settings = await verification?.verifySettings(options);
  const { request, notes } = await prepare(reference, args, options, { signal, say });
  const { engine, profile } = request;
  const stdio = options.transport === 'stdio';
  const token = stdio ? undefined : randomBytes(32).toString('base64url');
  const refused = refusals(say);
  let verifying = options.verify;
  const compartment = await asEngineError(engine, () =>
    launch({
      ...request,
      name,
      ...(token === undefined ? {} : { tokenSha256: createHash('sha256').update(token).digest('hex') }),
      // Over stdio, standard output is the protocol and nothing else.
      sinks: { stdout: stdio ? process.stdout : process.stderr, stderr: process.stderr },
      // What an audit from inside is refused is no news of the server.
      onLine: (line) => {
        if (!verifying) refused(line);
      },
      signal,
    }),
  );
  let leave = false;
  let unread = true;
  try {
    say(`${name}: ${describePolicy(egressPolicy(profile))} (${compartment.plan.shape})`);
    for (const note of [...notes, ...compartment.plan.notes]) say(note);
    if (verification !== undefined && settings !== undefined) {
      const holds = await verification.verified(engine, compartment, options, settings, signal, say);
      if (!holds) return EXIT.violation;
    }
    verifying = false;
    if (options.detach) await asEngineError(engine, () => assertServes(engine.docker, compartment.serverId));
    if (signal.aborted) return EXIT.interrupted;
    if (!stdio) await announce(name, options, compartment, token ?? '');
    if (options.detach) {
      leave = true;
      return EXIT.clean;
    }
    const { code, ended } = await attend(compartment, stdio, signal, say);
    unread = !ended;
    return code;
  } finally {
    if (leave) compartment.release();
    else for (const failure of await compartment.remove()) process.stderr.write(`bulkhead: ${escapeText(failure, 500)}\n`);
    // Somebody who reads nothing would keep the end of the output, and with it this process, for ever.
    if (unread && !leave) setTimeout(() => process.exit(), UNREAD_MS).unref();
  }
}

/** What was refused, as it happens: the one thing that explains a server that does not work. */
function refusals(say: (message: string) => void): (line: GatewayLine) => void {
  return (line) => {
    if (line.type === 'decision' && line.decision === 'allowed') return;
    const text = decisionText(line);
    if (text !== undefined) say(text);
  };
}
