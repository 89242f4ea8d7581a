import { escapeText } from '../model/text.ts';

const MAX_COMMAND = 2000;

/** Words as a person would type them in a POSIX shell, on one line and safe to print. */
export function commandText(words: readonly string[]): string {
  return escapeText(words.map(quoted).join(' '), MAX_COMMAND);
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `NAME=value` as `NAME`: a command that hands on a variable need not say what is in it. */
export function variableName(entry: string): string {
  return entry.split('=')[0] ?? '';
}
