import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import type { Severity } from '../model/check.ts';
import type { CommandContext } from './context.ts';
import { judgeBundle } from './judge-bundle.ts';
import { collect, parseSeverity } from './options.ts';
import { FORMAT_HELP, parseFormats, writeReport } from './output.ts';

export interface RenderFlags {
  readonly minSeverity?: Severity;
  readonly format: readonly string[];
  readonly quiet: boolean;
  readonly verbose: boolean;
}

/** Shows, and gates nothing: it ends with 0 once every format is written. */
export function addReport(program: Command, context: CommandContext): void {
  addRenderOptions(program.command('report'))
    .description('render saved observations in any format; `evaluate` judges them as a gate')
    .argument('<bundle>', 'a file of `bulkhead audit --save`')
    .action(async (path: string, options: RenderFlags) => {
      const formats = parseFormats(options.format);
      const judge = await judgeBundle(path, (gathered) => gathered);
      await writeReport(judge({ failOn: 'medium', allowEmpty: false }), formats, options);
      context.finish(EXIT.clean);
    });
}

export function addRenderOptions(command: Command): Command {
  return command
    .option('--format <format[=file]>', FORMAT_HELP, collect, [])
    .option('--min-severity <severity>', 'hide less severe findings', parseSeverity('--min-severity'))
    .option('--quiet', 'verdicts only', false)
    .option('--verbose', 'passes too', false);
}
