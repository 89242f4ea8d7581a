import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { findCompartment, stopCompartment } from '../runtime/compartment-list.ts';
import type { CommandContext } from './context.ts';
import { HOST_OPTION, onEngine, type EngineOption } from './engine.ts';
import { parseInteger } from './options.ts';

export function addStop(program: Command, { finish }: CommandContext): void {
  program
    .command('stop')
    .description('stop a compartment and keep its logs')
    .argument('<name...>', 'compartments')
    .option('--grace <seconds>', 'time for the server to end by itself', parseInteger('--grace', 0, 3600), 3)
    .option(...HOST_OPTION)
    .action(async (names: readonly string[], options: EngineOption & { readonly grace: number }) => {
      await onEngine(options, async ({ docker }) => {
        const found = await Promise.all(names.map((name) => findCompartment(docker, name)));
        await Promise.all(found.map((one) => stopCompartment(docker, one, options.grace)));
      });
      finish(EXIT.clean);
    });
}
