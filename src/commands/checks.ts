import { Option, type Command } from 'commander';
import { CHECKS, findCheck } from '../checks/registry.ts';
import { EXIT } from '../engine/exit-code.ts';
import { CHECK_FORMATS, renderCheck, renderCheckList, type CheckFormat } from '../reporters/checks.ts';
import type { CommandContext } from './context.ts';
import { usage } from './options.ts';
import { hasColor } from './output.ts';
import { print } from './print.ts';

export function addChecks(program: Command, { finish }: CommandContext): void {
  program
    .command('checks')
    .description('list the checks, or explain one')
    .argument('[id]', 'id or slug of a check')
    .addOption(new Option('--format <format>', 'how to print').choices(CHECK_FORMATS).default('console'))
    .action(async (id: string | undefined, { format }: { readonly format: CheckFormat }) => {
      const view = { color: hasColor(), width: process.stdout.columns ?? 100 };
      if (id === undefined) {
        await print(
          renderCheckList(
            CHECKS.map(({ meta }) => meta),
            format,
            view,
          ),
        );
      } else {
        const check = findCheck(id);
        if (check === undefined) throw usage('checks', id, 'the id (NET-004) or slug of a check; `bulkhead checks` lists them');
        await print(renderCheck(check.meta, format, view));
      }
      finish(EXIT.clean);
    });
}
