import type { Command } from 'commander';
import { EXIT } from '../engine/exit-code.ts';
import { count, escapeText } from '../model/text.ts';
import { sweep } from '../runtime/cleanup.ts';
import { removeNamelessImages } from '../runtime/images.ts';
import { collectGarbage } from '../runtime/compartment-list.ts';
import type { CommandContext } from './context.ts';
import { HOST_OPTION, onEngine, type EngineOption } from './engine.ts';
import { print } from './print.ts';

export function addGc(program: Command, { finish }: CommandContext): void {
  program
    .command('gc')
    .description('remove what interrupted runs and ended servers have left')
    .option(...HOST_OPTION)
    .action(async (options: EngineOption) => {
      const failures = await onEngine(options, async ({ docker }) => {
        const swept = await sweep(docker, Date.now());
        const { removed, failures: left } = await collectGarbage(docker, Date.now());
        for (const line of swept) await print(`${escapeText(line, 500)}\n`);
        for (const name of removed) await print(`Removed ${escapeText(name, 80)}.\n`);
        // Last: what was removed before may have used them.
        const images = await removeNamelessImages(docker);
        if (images > 0) await print(`Removed ${count(images, 'image')} without a name.\n`);
        if (swept.length + removed.length + images === 0) await print('Nothing was left.\n');
        return left;
      });
      for (const failure of failures) process.stderr.write(`bulkhead: ${escapeText(failure, 500)}\n`);
      finish(failures.length === 0 ? EXIT.clean : EXIT.engine);
    });
}
