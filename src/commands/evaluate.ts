import type { Command } from 'commander';
import type { Severity } from '../model/check.ts';
import type { CommandContext } from './context.ts';
import { judgeBundle } from './judge-bundle.ts';
import { collect, parseGate, parseSeverity, selectChecks } from './options.ts';
import { FORMAT_HELP, parseFormats, writeReport } from './output.ts';

interface EvaluateOptions {
  readonly only: readonly string[];
  readonly skip: readonly string[];
  readonly failOn: Severity | 'never';
  readonly minSeverity?: Severity;
  readonly format: readonly string[];
  readonly allowEmpty: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}

export function addEvaluate(program: Command, context: CommandContext): void {
  program
    .command('evaluate')
    .description('judge saved observations again, without an engine')
    .argument('<bundle>', 'a file of `bulkhead audit --save`')
    .option('--only <checks>', 'only these checks: ids, slugs or areas, separated by commas', collect, [])
    .option('--skip <checks>', 'all but these checks', collect, [])
    .option('--fail-on <severity>', 'lowest severity that fails the run, or never', parseGate, 'medium')
    .option(
      '--min-severity <severity>',
      'hide less severe findings; does not change the exit code',
      parseSeverity('--min-severity'),
    )
    .option('--format <format[=file]>', FORMAT_HELP, collect, [])
    .option('--allow-empty', 'a bundle without targets is no failure', false)
    .option('--quiet', 'verdicts only', false)
    .option('--verbose', 'passes too', false)
    .action(async (path: string, options: EvaluateOptions) => {
      const formats = parseFormats(options.format);
      const report = await judgeBundle(path, (gathered) => selectChecks(gathered, options.only, options.skip), {
        failOn: options.failOn,
        allowEmpty: options.allowEmpty,
      });
      await writeReport(report, formats, options);
      context.finish(report.exit.code);
    });
}
