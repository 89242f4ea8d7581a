import type { Command } from 'commander';
import { planDryRun } from '../engine/dry-run.ts';
import { EXIT } from '../engine/exit-code.ts';
import { reportOf } from '../engine/report.ts';
import { saveBundle } from '../store/bundle-file.ts';
import type { CommandContext } from './context.ts';
import { renderDryRun } from './dry-run-text.ts';
import { engineOf } from './engine.ts';
import { recordingOf, recordRun } from './history-file.ts';
import { addLookOptions, lookAt, resolveLook, select, type LookFlags } from './look.ts';
import { collect } from './options.ts';
import { allOf, FORMAT_HELP, writeReport } from './output.ts';
import { print } from './print.ts';
import { addGateOptions, finishReport, resolveSettings, type GateFlags } from './settings.ts';

interface AuditOptions extends GateFlags, LookFlags {
  readonly save?: string;
  /** True without a file, false with `--no-record`. */
  readonly record?: string | boolean;
  readonly dryRun: boolean;
}

export function addAudit(program: Command, context: CommandContext): void {
  addLookOptions(addGateOptions(program.command('audit')))
    .description('look from inside MCP servers and compare with what they declare')
    .argument('[name...]', 'containers to audit, by name or id (default: every MCP server that is found)')
    .optionsGroup('Output:')
    .option('--format <format[=file]>', FORMAT_HELP, collect, [])
    .option('--save <file>', 'keep the observations, for `bulkhead evaluate`')
    .option(
      '--record [file]',
      'keep the run in the history (default file: BULKHEAD_HISTORY, else of the configuration, else of the user)',
    )
    .option('--no-record', 'keep it in no history, whatever is configured')
    .option('--dry-run', 'print every attempt that would be made, make none', false)
    .option('--allow-empty', 'finding no server is no failure', false)
    .option('--quiet', 'verdicts only, no progress', false)
    .option('--verbose', 'passes too', false)
    .action(async (names: readonly string[], options: AuditOptions) => context.finish(await audit(names, options, context)));
}

async function audit(names: readonly string[], options: AuditOptions, { signal }: CommandContext): Promise<number> {
  const settings = await resolveSettings(options, process.env);
  const recording = await recordingOf(options.record, process.env, settings.found);
  const look = await resolveLook(names, options, settings.found);
  const progress = options.quiet ? () => undefined : (message: string) => void process.stderr.write(`bulkhead: ${message}\n`);

  const engine = await engineOf(options.host);
  const selected = await select(engine, look, !options.dryRun);
  if (options.dryRun) {
    await print(renderDryRun(planDryRun({ ...look.attempts, subjects: selected.subjects })));
    return EXIT.clean;
  }
  const bundle = await lookAt(engine, look, selected, { signal, progress });
  const { save } = options;
  const { report, options: judging } = await finishReport(settings, (how) => reportOf(bundle, look.checks, how));
  await allOf([
    ...(save === undefined ? [] : [async () => saveBundle(save, bundle)]),
    ...(recording === undefined
      ? []
      : [
          async () => recordRun(recording, { bundle, report, options: judging, trigger: { kind: 'manual', text: '' } }, progress),
        ]),
    async () => writeReport(report, settings.formats, settings.view),
  ]);
  return report.exit.code;
}
