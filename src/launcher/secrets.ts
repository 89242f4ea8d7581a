import { isUtf8 } from 'node:buffer';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { variableOf, type CallerEnvironment } from './environment.ts';
import type { SecretFiles } from './secret-files.ts';
import { isVariableName, variableEntry } from './variable.ts';

/** Longest secret, in bytes. */
export const MAX_SECRET_BYTES = 512 * 1024;

/** Where a secret comes from; holds no value. */
export interface SecretReference {
  readonly name: string;
  readonly from: { readonly kind: 'file'; readonly path: string } | { readonly kind: 'env'; readonly variable: string };
}

/** A secret that becomes the file /run/secrets/NAME. */
export interface SecretFile {
  readonly name: string;
  readonly content: Uint8Array;
}

export interface SecretFlags {
  /** Values of `--secret`. */
  readonly asFile: readonly string[];
  /** Values of `--secret-as-env`. */
  readonly asEnv: readonly string[];
}

export interface SecretSettings {
  readonly caller: CallerEnvironment;
  readonly files: SecretFiles;
  readonly platform: NodeJS.Platform;
}

export interface Secrets {
  readonly files: readonly SecretFile[];
  /** `NAME=value` each. */
  readonly env: readonly string[];
  readonly notes: readonly string[];
}

type Flag = '--secret' | '--secret-as-env';

/**
 * Takes `NAME=file:PATH` or `NAME=env:VARIABLE` apart. What is neither is not repeated in the message: it may
 * be the secret itself.
 * @param index place among the flags of that name, from 0
 * @throws BulkheadError `usage`
 */
export function parseSecretFlag(flag: Flag, value: string, index: number): SecretReference {
  const hint = `Write ${flag} NAME=file:PATH or ${flag} NAME=env:VARIABLE; names have letters, digits and _.`;
  const [, name, rest] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
  if (name === undefined || rest === undefined || !isVariableName(name)) {
    throw new BulkheadError('usage', `${flag} number ${index + 1} does not begin with NAME=.`, { hint });
  }
  const [, kind, source = ''] = /^(file|env):(.+)$/s.exec(rest) ?? [];
  if (kind === 'file') return { name, from: { kind, path: source } };
  if (kind !== 'env') throw new BulkheadError('usage', `${flag} ${name} names neither a file nor a variable.`, { hint });
  if (!isVariableName(source))
    throw new BulkheadError('usage', `${flag} ${name} names no valid variable after "env:".`, { hint });
  return { name, from: { kind, variable: source } };
}

/**
 * Reads every secret. As a file it is delivered byte for byte, a line feed at its end included, for that is
 * what the person stored; as a variable it loses one line end at its end, as in a shell's `$(cat FILE)`.
 * Values are in `content` and `env` and nowhere else.
 * @throws BulkheadError `usage` for a bad flag, a name given twice, and what is missing, empty, longer than
 * MAX_SECRET_BYTES or cannot be read
 */
export async function readSecrets({ asFile, asEnv }: SecretFlags, settings: SecretSettings): Promise<Secrets> {
  const asked = [
    ...asFile.map((value, index) => ({ flag: '--secret' as const, ...parseSecretFlag('--secret', value, index) })),
    ...asEnv.map((value, index) => ({ flag: '--secret-as-env' as const, ...parseSecretFlag('--secret-as-env', value, index) })),
  ];
  const names = asked.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new BulkheadError('usage', `The secret ${twice} is given twice.`, { hint: 'Keep one of the two.' });
  const files: SecretFile[] = [];
  const env: string[] = [];
  const notes: string[] = [];
  for (const { flag, ...reference } of asked) {
    const { content, note } = await read(`${flag} ${reference.name}`, reference, settings);
    notes.push(...note);
    if (flag === '--secret') files.push({ name: reference.name, content });
    else {
      env.push(asVariable(reference.name, content));
      notes.push(`The secret ${reference.name} is a variable of the server: whoever may inspect the container reads it.`);
    }
  }
  return { files, env, notes };
}

interface Reading {
  readonly content: Uint8Array;
  readonly note: readonly string[];
}

async function read(what: string, { from }: SecretReference, settings: SecretSettings): Promise<Reading> {
  const reading = from.kind === 'file' ? await fromFile(what, from.path, settings) : fromVariable(what, from.variable, settings);
  const { length } = reading.content;
  if (length === 0) throw new BulkheadError('usage', `${what} is empty.`, { hint: 'Check where it comes from.' });
  if (length > MAX_SECRET_BYTES) {
    throw new BulkheadError('usage', `${what} is longer than ${MAX_SECRET_BYTES / 1024} KiB.`, {
      hint: 'Mount large files with the profile instead.',
    });
  }
  return reading;
}

async function fromFile(what: string, path: string, { files, platform }: SecretSettings): Promise<Reading> {
  const shown = `"${escapeText(path, 200)}"`;
  const source = await files.read(path, MAX_SECRET_BYTES).catch((error: unknown) => {
    if (error instanceof BulkheadError) throw error;
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown reason';
    throw new BulkheadError('usage', `${what}: the file ${shown} cannot be read (${code}).`, {
      hint: 'Give a file that you may read.',
    });
  });
  if (source === undefined) {
    throw new BulkheadError('usage', `${what}: there is no file ${shown}.`, {
      hint: 'Write the path as it is: ~ and variables are not expanded.',
    });
  }
  const open = platform !== 'win32' && source.mode !== undefined && (source.mode & 0o077) !== 0;
  const note = `${what}: others on this machine may use the file ${shown} (mode ${(source.mode ?? 0).toString(8)}); chmod 600 closes it.`;
  return { content: source.content, note: open ? [note] : [] };
}

function fromVariable(what: string, variable: string, { caller }: SecretSettings): Reading {
  const value = variableOf(caller, variable);
  if (value === undefined) {
    throw new BulkheadError('usage', `${what}: the variable ${variable} is not set.`, {
      hint: 'Set and export it first, or use NAME=file:PATH.',
    });
  }
  return { content: new TextEncoder().encode(value), note: [] };
}

function asVariable(name: string, content: Uint8Array): string {
  const what = `--secret-as-env ${name}`;
  if (!isUtf8(content)) {
    throw new BulkheadError('usage', `${what} is not text in UTF-8, which a variable has to be.`, {
      hint: 'Deliver it as a file, with --secret.',
    });
  }
  // TextDecoder would drop a byte order mark unless told otherwise.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
  const value = text.replace(/\r?\n$/, '');
  if (value === '') throw new BulkheadError('usage', `${what} is empty.`, { hint: 'Check where it comes from.' });
  return variableEntry(name, value, what);
}
