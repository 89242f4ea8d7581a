import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { loadProfile } from '../profiles/load.ts';
import type { CommandContext } from './context.ts';
import { print } from './print.ts';
import { destinationsOf, profileRulesOf, resolveSettings } from './settings.ts';

export function addConfig(program: Command, { finish }: CommandContext): void {
  program
    .command('config')
    .description('check configuration files')
    .command('validate')
    .description('say whether a configuration is valid, with every file that it names')
    .argument('[file...]', 'as for --config (default: the one that an audit here would use)')
    .action(async (files: readonly string[]) => {
      for (const file of files.length === 0 ? [undefined] : files) await print(await summary(file));
      finish(EXIT.clean);
    });
}

/** Reads all that an audit would read because of the file, and dials nothing. */
async function summary(file: string | undefined): Promise<string> {
  const variable = process.env['BULKHEAD_CONFIG'];
  // Other variables replace what the file says, and this is about the file.
  const { found, report } = await resolveSettings(
    { ...NO_FLAGS, ...(file === undefined ? {} : { config: file }) },
    variable === undefined ? {} : { BULKHEAD_CONFIG: variable },
  );
  if (found === undefined) {
    throw new BulkheadError('config-unreadable', 'There is no configuration here, nor above in this repository.', {
      hint: 'Name it: bulkhead config validate path/to/bulkhead.yaml.',
    });
  }
  destinationsOf(NO_DESTINATIONS, found);
  const rules = await profileRulesOf(found);
  for (const { profile } of rules) await loadProfile(profile);
  const { failOn, accepted } = report;
  return `${escapeText(found.file)}: valid (gate ${failOn}, profiles ${rules.length}, waivers ${accepted?.waivers.length ?? 0})\n`;
}

const NO_FLAGS = {
  format: [],
  failOnUnusedWaiver: false,
  updateBaseline: false,
  showWaived: false,
  allowEmpty: false,
  quiet: false,
  verbose: false,
} as const;
const NO_DESTINATIONS = { internet: [], management: [], private: [], neighbor: [] } as const;
