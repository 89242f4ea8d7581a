import { Option, type Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError } from '../errors.ts';
import type { History } from '../history/history.ts';
import { escapeText } from '../model/text.ts';
import { inertJson } from '../reporters/json.ts';
import type { CommandContext } from './context.ts';
import { openedHistory, withHistory, type FileFlags } from './history-file.ts';
import { EXPORT_FORMATS, exportHistory, type ExportOptions } from './history-export.ts';
import { showRun } from './history-show.ts';
import { runTable } from './history-text.ts';
import { TREND_FORMATS, writeTrend, type TrendOptions } from './history-trend.ts';
import { parseAge, parseInteger, parseSince } from './options.ts';
import { parseFormats } from './output.ts';
import { print } from './print.ts';
import { addRenderOptions, type RenderFlags } from './report.ts';

interface ListFlags extends FileFlags {
  readonly limit: number;
  readonly target?: string;
  readonly since?: Date;
  readonly json: boolean;
}

interface PruneFlags extends FileFlags {
  readonly keep?: number;
  /** Milliseconds. */
  readonly olderThan?: number;
}

export function addHistory(program: Command, { finish }: CommandContext): void {
  const history = addFileOptions(program.command('history'))
    .description('list the runs that `bulkhead audit --record` kept')
    .option('--limit <n>', 'so many of the newest', parseInteger('--limit', 1, 1_000_000), 20)
    .option('--target <name>', 'only runs that looked at this server')
    .option('--since <when>', 'only runs from a day, a time or an age on: 2026-11-20, 90d', parseSince('--since'))
    .option('--json', 'as JSON', false)
    .action(async ({ json, limit, target, since, ...file }: ListFlags) => {
      const query = { limit, ...(target === undefined ? {} : { target }), ...(since === undefined ? {} : { since }) };
      const runs = await onFile(file, async (opened) => opened.runs(query));
      await print(json ? `${inertJson(runs, 2)}\n` : runTable(runs));
      finish(EXIT.clean);
    });

  addRenderOptions(addFileOptions(history.command('show')))
    .description('render the report of a run again; gates nothing')
    .argument('<run>', 'its number, `latest`, `previous`, or the start of its session')
    .option('--show-waived', 'waived findings in full, and what became of each waiver', false)
    .action(async (name: string, options: FileFlags & RenderFlags & { readonly showWaived: boolean }) => {
      const formats = parseFormats(options.format);
      await onFile(options, async (opened) => showRun(opened, name, formats, options));
      finish(EXIT.clean);
    });

  addFileOptions(history.command('trend'))
    .description('write one page of the course of all runs: what is open, new and fixed, coverage, every server')
    .argument('[file]', 'default: standard output')
    .option('--since <when>', 'only runs from a day, a time or an age on', parseSince('--since'))
    .option('--target <name>', 'only this server')
    .addOption(new Option('--format <format>', 'a page, or its figures').choices(TREND_FORMATS).default('html'))
    .action(async (output: string | undefined, options: FileFlags & TrendOptions) => {
      await onFile(options, async (opened) => writeTrend(opened, output, options));
      finish(EXIT.clean);
    });

  addFileOptions(history.command('export'))
    .description('write all that is kept of every run, for other programs')
    .argument('[file]', 'default: standard output')
    .option('--since <when>', 'only runs from a day, a time or an age on', parseSince('--since'))
    .addOption(new Option('--format <format>', 'a run a line, or one list').choices(EXPORT_FORMATS).default('jsonl'))
    .option('--bundles <directory>', 'the observations of every run too, a file each')
    .action(async (output: string | undefined, options: FileFlags & ExportOptions) => {
      await onFile(options, async (opened) => exportHistory(opened, output, options));
      finish(EXIT.clean);
    });

  addFileOptions(history.command('prune'))
    .description('delete old runs, and the bundles that no other run refers to')
    .option('--keep <n>', 'so many of the newest runs stay', parseInteger('--keep', 1, 1_000_000))
    .option('--older-than <age>', 'runs that started longer ago go: 12h, 90d, 8w', parseAge('--older-than'))
    .action(async ({ keep, olderThan, ...file }: PruneFlags) => {
      if (keep === undefined && olderThan === undefined) {
        throw new BulkheadError('usage', 'history prune lacks a limit.', { hint: 'Give --keep N, --older-than 90d, or both.' });
      }
      const pruned = await onFile(file, async (opened) => {
        const result = opened.prune({
          ...(keep === undefined ? {} : { keepRuns: keep }),
          ...(olderThan === undefined ? {} : { keepDays: olderThan / 86_400_000 }),
        });
        if (result.runs > 0) opened.shrink();
        return result;
      });
      await print(`${pruned.runs} runs deleted, ${pruned.contents} bundles and baselines with them\n`);
      finish(EXIT.clean);
    });

  addFileOptions(history.command('check'))
    .description('look for damage in the file, and at every bundle')
    .action(async (options: FileFlags) => {
      const { file, problems, runs } = await onFile(options, async (opened) => {
        const found = await opened.check();
        return { file: opened.file, problems: found, runs: found.length > 0 ? 0 : opened.runIds().length };
      });
      const where = escapeText(file, 1000);
      await print(problems.length === 0 ? `${where}: ${runs} runs, no damage\n` : problems.map((each) => `${each}\n`).join(''));
      if (problems.length === 0) return finish(EXIT.clean);
      throw new BulkheadError('history-failed', `${where} is damaged. It was left as it is.`, {
        hint: 'docs/history.md says how to save what is readable.',
      });
    });
}

function addFileOptions(command: Command): Command {
  return command
    .option('--file <file>', 'the history (default: BULKHEAD_HISTORY, else of the configuration, else of the user)')
    .option('--config <file>', 'configuration (default: BULKHEAD_CONFIG, else bulkhead.yaml from here up to the repository)')
    .option('--no-config', 'look for no configuration file');
}

async function onFile<T>(flags: FileFlags, work: (history: History) => Promise<T>): Promise<T> {
  return withHistory(await openedHistory(flags), work);
}
