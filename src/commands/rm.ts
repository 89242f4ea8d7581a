import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { removeSession } from '../runtime/cleanup.ts';
import { findCompartment, isLiving } from '../runtime/compartment-list.ts';
import type { CommandContext } from './context.ts';
import { HOST_OPTION, onEngine, type EngineOption } from './engine.ts';

export function addRm(program: Command, { finish }: CommandContext): void {
  program
    .command('rm')
    .description('remove a compartment with everything that belongs to it')
    .argument('<name...>', 'compartments')
    .option('--force', 'even while its server runs', false)
    .option(...HOST_OPTION)
    .action(async (names: readonly string[], options: EngineOption & { readonly force: boolean }) => {
      const failures = await onEngine(options, async ({ docker }) => {
        const found = await Promise.all(names.map((name) => findCompartment(docker, name)));
        const running = found.find(isLiving);
        if (running !== undefined && !options.force) {
          throw new BulkheadError('usage', `The server of ${running.name} is ${running.state}.`, {
            hint: `Stop it first (bulkhead stop ${running.name}), or use --force.`,
          });
        }
        return (await Promise.all(found.map(({ session }) => removeSession(docker, session, { force: true })))).flat();
      });
      for (const failure of failures) process.stderr.write(`bulkhead: ${escapeText(failure, 500)}\n`);
      finish(failures.length === 0 ? EXIT.clean : EXIT.engine);
    });
}
