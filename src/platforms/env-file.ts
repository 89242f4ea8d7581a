import { BulkheadError } from '../errors.ts';
import { variableName } from './command-text.ts';

/**
 * `NAME=value` on lines of their own, as files of variables are read everywhere.
 * @throws BulkheadError `usage` for a value that such a file cannot hold, named without its value
 */
export function envFile(env: readonly string[]): string {
  const broken = env.find((entry) => /[\r\n\0]/.test(entry));
  if (broken !== undefined) {
    throw new BulkheadError(
      'usage',
      `The value of ${variableName(broken)} has more than one line, which a file of variables cannot hold.`,
      {
        hint: 'Give this server a variable of one line, or compare other platforms.',
      },
    );
  }
  return env.map((entry) => `${entry}\n`).join('');
}
