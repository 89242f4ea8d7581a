import type { Command } from 'commander';
import type { CommandContext } from './context.ts';
import { judgeBundle } from './judge-bundle.ts';
import { collect, selectChecks } from './options.ts';
import { FORMAT_HELP, writeReport } from './output.ts';
import { addGateOptions, finishReport, resolveSettings, type GateFlags } from './settings.ts';

interface EvaluateOptions extends GateFlags {
  readonly only: readonly string[];
  readonly skip: readonly string[];
}

export function addEvaluate(program: Command, context: CommandContext): void {
  addGateOptions(program.command('evaluate'))
    .description('judge saved observations again, without an engine')
    .argument('<bundle>', 'a file of `bulkhead audit --save`')
    .option('--only <checks>', 'only these checks: ids, slugs or areas, separated by commas', collect, [])
    .option('--skip <checks>', 'all but these checks', collect, [])
    .optionsGroup('Output:')
    .option('--format <format[=file]>', FORMAT_HELP, collect, [])
    .option('--allow-empty', 'a bundle without targets is no failure', false)
    .option('--quiet', 'verdicts only', false)
    .option('--verbose', 'passes too', false)
    .action(async (path: string, options: EvaluateOptions) => {
      const settings = await resolveSettings(options, process.env);
      const judge = await judgeBundle(path, (gathered) => selectChecks(gathered, options.only, options.skip));
      const { report } = await finishReport(settings, judge);
      await writeReport(report, settings.formats, settings.view);
      context.finish(report.exit.code);
    });
}
