import type { Command } from 'commander';
import type { Writable } from 'node:stream';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError } from '../errors.ts';
import type { GatewayLine } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { decisionLines, findCompartment, followLog, type ListedCompartment } from '../runtime/compartment-list.ts';
import type { Engine } from '../runtime/connect.ts';
import { decisionSink, textSink } from '../runtime/decision-lines.ts';
import type { CommandContext } from './context.ts';
import { decisionText } from './decision-text.ts';
import { HOST_OPTION, onEngine, type EngineOption } from './engine.ts';
import { parseInteger } from './options.ts';

/** Lines of each log that are put in order when nobody follows them. */
const MAX_LINES = 10_000;

export function addLogs(program: Command, { finish, signal }: CommandContext): void {
  program
    .command('logs')
    .description('print what a server wrote, or what it was allowed and refused')
    .argument('<name>', 'compartment')
    .option('--decisions', 'what was allowed and refused', false)
    .option('--follow', 'go on until interrupted or the compartment ends', false)
    .option('--json', 'with --decisions: the lines as they are', false)
    .option('--tail <n>', 'so many lines from the end', parseInteger('--tail', 0, MAX_LINES))
    .option(...HOST_OPTION)
    .action(async (name: string, options: LogsOptions) => {
      // Who follows into a pipe (`| head`) has seen enough when that closes.
      const reader = new AbortController();
      process.stdout.once('error', () => reader.abort());
      const over = AbortSignal.any([signal, reader.signal]);
      await onEngine(options, async (engine) => {
        const compartment = await findCompartment(engine.docker, name);
        await (options.decisions ? decisions(engine, compartment, options, over) : output(engine, compartment, options, over));
      });
      finish(EXIT.clean);
    });
}

interface LogsOptions extends EngineOption {
  readonly decisions: boolean;
  readonly follow: boolean;
  readonly json: boolean;
  readonly tail?: number;
}

async function output(
  { docker }: Engine,
  compartment: ListedCompartment,
  { follow, tail }: LogsOptions,
  signal: AbortSignal,
): Promise<void> {
  if (compartment.server === undefined || (compartment.transport === 'stdio' && compartment.attached)) {
    throw new BulkheadError('usage', 'What this server writes goes to the client that is attached to it, and is not kept.', {
      hint: `What it was allowed and refused: bulkhead logs ${compartment.name} --decisions`,
    });
  }
  const sinks = { stdout: printable(process.stdout), stderr: printable(process.stderr) };
  await followLog(docker, compartment.server, { follow, tail, ...sinks, signal });
}

/** What a server writes must not steer the terminal. */
function printable(stream: NodeJS.WriteStream): Writable {
  return textSink((text) => void stream.write(`${escapeText(text, 4000)}\n`));
}

async function decisions(
  { docker }: Engine,
  { gateway, relay }: ListedCompartment,
  options: LogsOptions,
  signal: AbortSignal,
): Promise<void> {
  const parts = [gateway, relay].filter((id) => id !== undefined);
  if (parts.length === 0) {
    process.stderr.write(
      'bulkhead: this compartment has no gateway: its server has no network that anything could be decided about.\n',
    );
    return;
  }
  const show = (line: GatewayLine): void => {
    const text = options.json ? (line.type === 'ready' ? undefined : JSON.stringify(line)) : decisionText(line);
    const time = 'time' in line && !options.json ? `${escapeText(line.time, 30)}  ` : '';
    if (text !== undefined) process.stdout.write(`${time}${text}\n`);
  };
  const tail = options.tail ?? MAX_LINES;
  if (!options.follow) {
    const lines = (await Promise.all(parts.map((id) => decisionLines(docker, id, tail)))).flat();
    const time = (line: GatewayLine): string => ('time' in line ? line.time : '');
    for (const line of lines.toSorted((a, b) => (time(a) < time(b) ? -1 : 1)).slice(-tail || lines.length)) show(line);
    return;
  }
  await Promise.all(
    parts.map((id) =>
      followLog(docker, id, { follow: true, tail, stdout: decisionSink(show), stderr: decisionSink(show), signal }),
    ),
  );
}
