import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { judgeOf } from '../engine/policy.ts';
import { escapeText } from '../model/text.ts';
import { loadProfile } from '../profiles/load.ts';
import type { CommandContext } from './context.ts';
import { print } from './print.ts';

export function addProfile(program: Command, { finish }: CommandContext): void {
  const profile = program.command('profile').description('check and show permission profiles');
  profile
    .command('validate')
    .description('say whether profiles are valid, and what is odd about them')
    .argument('<profile...>', 'JSON files, none or network')
    .action(async (references: readonly string[]) => {
      for (const reference of references) await print(await summary(reference));
      finish(EXIT.clean);
    });
  profile
    .command('show')
    .description('print a profile as it is understood')
    .argument('<profile>', 'a JSON file, none or network')
    .action(async (reference: string) => {
      const loaded = await loadProfile(reference);
      await print(`${JSON.stringify(loaded.profile, undefined, 2)}\n`);
      finish(EXIT.clean);
    });
}

async function summary(reference: string): Promise<string> {
  const { profile, remarks, location } = await loadProfile(reference);
  const lines = [
    `${escapeText(location)}: valid`,
    `  outward: ${escapeText(judgeOf(profile).summary)}`,
    `  read:    ${listed(profile.read)}`,
    `  write:   ${listed(profile.write)}`,
    ...remarks.map(({ path, message }) => `  remark:  ${escapeText(path)}: ${escapeText(message, 500)}`),
  ];
  return `${lines.join('\n')}\n`;
}

function listed(entries: readonly string[] = []): string {
  return entries.length === 0 ? 'nothing' : entries.map((entry) => escapeText(entry)).join(', ');
}
