#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addAudit } from './commands/audit.ts';
import { addChecks } from './commands/checks.ts';
import type { CommandContext } from './commands/context.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvaluate } from './commands/evaluate.ts';
import { addGc } from './commands/gc.ts';
import { addLogs } from './commands/logs.ts';
import { addProfile } from './commands/profile.ts';
import { addPs } from './commands/ps.ts';
import { addRm } from './commands/rm.ts';
import { addRun } from './commands/run.ts';
import { addStop } from './commands/stop.ts';
import { EXIT, exitCodeOf } from './engine/exit-code.ts';
import { BulkheadError } from './errors.ts';
import { escapeText } from './model/text.ts';
import { TOOL } from './version.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Whoever asks twice wants out now; the next run removes what is left.
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  });
}

// A terminal or a pipe that went away must not end the run before it has cleaned up; writers learn of it themselves.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

const context: CommandContext = {
  finish: (code) => {
    process.exitCode = code;
  },
  signal: interrupt.signal,
};

/** Messages quote engines and files: their lines are kept, and nothing in them steers a terminal. */
function printable(message: string): string {
  return message
    .split('\n')
    .map((line) => escapeText(line, 2000))
    .join('\n');
}

const program = new Command('bulkhead')
  .description(
    'Launches MCP servers in sealed compartments, and proves what a server can really do against its permission profile.',
  )
  .version(TOOL.version)
  .showHelpAfterError()
  .enablePositionalOptions()
  .exitOverride();
addRun(program, context);
addPs(program, context);
addLogs(program, context);
addStop(program, context);
addRm(program, context);
addGc(program, context);
addAudit(program, context);
addEvaluate(program, context);
addChecks(program, context);
addProfile(program, context);
addDoctor(program, context);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // commander has printed it already; its own exit code for usage errors is 1, ours is 2.
    process.exitCode = error.exitCode === 0 ? 0 : EXIT.usage;
  } else if (error instanceof BulkheadError) {
    process.stderr.write(`bulkhead: ${printable(error.message)}\n`);
    if (error.hint !== undefined) process.stderr.write(`  ${printable(error.hint)}\n`);
    process.exitCode = exitCodeOf(error.code);
  } else {
    throw error;
  }
}
