#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import type { CommandContext } from './commands/context.ts';
import { HELP } from './commands/help.ts';
import { EXIT, exitCodeOf } from './engine/exit-code.ts';
import { BulkheadError } from './errors.ts';
import { escapeText } from './model/text.ts';
import { TOOL } from './version.ts';

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Whoever asks twice wants out now; the next run removes what is left. A terminal that is closed is nobody who
    // asks: its shell and the kernel both say so.
    if (interrupt.signal.aborted && signal !== 'SIGHUP') process.exit(EXIT.interrupted);
    interrupt.abort();
  });
}

// A terminal or a pipe that went away must not end the run before it has cleaned up; writers learn of it themselves.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

/** A mistake of this program is no violation, which is what the exit code of Node.js would say. */
function fault(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`bulkhead: a fault in bulkhead itself; please report it.\n${printable(text)}\n`);
  process.exitCode = EXIT.engine;
}
process.on('uncaughtException', (error) => {
  fault(error);
  // What is under way is in an unknown state; the next run removes what is left.
  process.exit();
});

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
  .configureHelp(HELP)
  .showHelpAfterError()
  .enablePositionalOptions()
  .exitOverride();
/** In the order of the help. */
const commands: Readonly<Record<string, () => Promise<(program: Command, context: CommandContext) => void>>> = {
  run: async () => (await import('./commands/run.ts')).addRun,
  ps: async () => (await import('./commands/ps.ts')).addPs,
  logs: async () => (await import('./commands/logs.ts')).addLogs,
  stop: async () => (await import('./commands/stop.ts')).addStop,
  rm: async () => (await import('./commands/rm.ts')).addRm,
  gc: async () => (await import('./commands/gc.ts')).addGc,
  audit: async () => (await import('./commands/audit.ts')).addAudit,
  compare: async () => (await import('./commands/compare.ts')).addCompare,
  evaluate: async () => (await import('./commands/evaluate.ts')).addEvaluate,
  report: async () => (await import('./commands/report.ts')).addReport,
  diff: async () => (await import('./commands/diff.ts')).addDiff,
  watch: async () => (await import('./commands/watch.ts')).addWatch,
  history: async () => (await import('./commands/history.ts')).addHistory,
  evidence: async () => (await import('./commands/evidence.ts')).addEvidence,
  checks: async () => (await import('./commands/checks.ts')).addChecks,
  profile: async () => (await import('./commands/profile.ts')).addProfile,
  config: async () => (await import('./commands/config.ts')).addConfig,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
};
// All of them take a quarter of a second to load, which is much of what a launch takes.
const named = process.argv[2] ?? '';
const wanted = Object.hasOwn(commands, named) ? [named] : Object.keys(commands);
for (const name of wanted) (await commands[name]?.())?.(program, context);

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
    fault(error);
  }
}
