import { BulkheadError } from '../errors.ts';

/** Linux refuses a longer `NAME=value` with its end mark (MAX_ARG_STRLEN, execve(2)). */
const MAX_ENTRY_BYTES = 128 * 1024 - 1;

/** What a shell takes for the name of a variable. */
export function isVariableName(text: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(text) && text.length <= 255;
}

/**
 * `NAME=value` as a process can be given it.
 * @param what names the variable in messages, which never hold the value
 * @throws BulkheadError `usage`
 */
export function variableEntry(name: string, value: string, what: string): string {
  if (value.includes('\0')) {
    throw new BulkheadError('usage', `${what} has a zero byte, which no variable can hold.`, {
      hint: 'Deliver it as a file, with --secret.',
    });
  }
  const entry = `${name}=${value}`;
  if (Buffer.byteLength(entry) > MAX_ENTRY_BYTES) {
    throw new BulkheadError('usage', `${what} is longer than a variable may be (128 KiB).`, {
      hint: 'Deliver it as a file, with --secret.',
    });
  }
  return entry;
}
