import type { Command } from 'commander';
import { driftOf } from '../drift/drift.ts';
import { decideDrift } from '../drift/exit.ts';
import type { Severity } from '../model/check.ts';
import { DRIFT_FORMATS, DRIFT_REPORTERS } from '../reporters/drift-registry.ts';
import type { CommandContext } from './context.ts';
import { sideOf } from './drift-side.ts';
import { collect, parseGate } from './options.ts';
import { parseFormats, writeOutputs } from './output.ts';

interface DiffOptions {
  /** Of the history. */
  readonly file?: string;
  readonly format: readonly string[];
  readonly failOn: Severity | 'never';
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export function addDiff(program: Command, context: CommandContext): void {
  program
    .command('diff')
    .description('say what changed between two runs: what opened, what closed, what cannot be compared')
    .argument('<before>', 'a file of `bulkhead audit --save`, a JSON report, or a run of the history: run:12, run:previous')
    .argument('<after>', 'the same of a later run')
    .option('--format <format[=file]>', 'console, json or markdown; repeatable', collect, [])
    .option('--file <file>', 'the history (default: BULKHEAD_HISTORY, else of the configuration, else of the user)')
    .option('--fail-on <severity>', 'what opens at or above it is a failure: info to critical, or never', parseGate, 'medium')
    .option('--quiet', 'numbers and result only', false)
    .option('--verbose', 'every finding that a change is about', false)
    .action(async (before: string, after: string, options: DiffOptions) => {
      const formats = parseFormats(options.format, { known: DRIFT_FORMATS });
      const drift = driftOf(await sideOf(before, options.file), await sideOf(after, options.file));
      const exit = decideDrift(drift, options.failOn);
      await writeOutputs(formats, options, async (format, view) => [DRIFT_REPORTERS[format]({ ...drift, exit }, view)]);
      context.finish(exit.code);
    });
}
