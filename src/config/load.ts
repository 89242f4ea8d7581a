import path from 'node:path';
import { BulkheadError, messageOf } from '../errors.ts';
import { ConfigSchema, WaiverFileSchema, type Config, type WaiverFile } from '../model/config.ts';
import { escapeText } from '../model/text.ts';
import type { Waiver } from '../model/waiver.ts';
import { readBoundedText } from '../profiles/read-text.ts';
import { readDocument, type ConfigDocument, type Step } from './document.ts';
import { invalidConfig, schemaProblems } from './problems.ts';
import { configRules, waiverRules } from './rules.ts';

/** Larger files are not read; a thousand waivers take about 250 kB. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

/**
 * Reads a configuration file. Of package.json, the key `bulkhead`.
 * @param checks ids of the checks that exist
 * @returns undefined when package.json has no such key
 * @throws BulkheadError `config-unreadable` or `config-invalid`: the file, the line, the path, and a good value
 */
export async function loadConfig(file: string, checks: readonly string[]): Promise<Config | undefined> {
  const text = await readText(file);
  const base: readonly Step[] = path.basename(file) === 'package.json' ? ['bulkhead'] : [];
  // Somebody else's broken manifest is not ours to judge, as long as it does not speak of us.
  if (base.length > 0 && !text.includes('"bulkhead"')) return undefined;
  const document = await readDocument(text, file, formatOf(file));
  const value = base.length === 0 ? (document.value ?? {}) : memberOf(document.value, 'bulkhead');
  if (value === undefined) return undefined;
  return checked(value as Config, document, file, base, ConfigSchema, (config) => configRules(config, checks));
}

/** Reads a file of waivers: a mapping with the one key `waivers`. */
export async function loadWaivers(file: string, checks: readonly string[]): Promise<readonly Waiver[]> {
  const document = await readDocument(await readText(file), file, formatOf(file));
  const value = document.value as WaiverFile;
  return checked(value, document, file, [], WaiverFileSchema, ({ waivers }) => waiverRules(waivers, checks)).waivers;
}

function checked<T>(
  value: T,
  document: ConfigDocument,
  file: string,
  base: readonly Step[],
  schema: object,
  rules: (value: T) => ReturnType<typeof configRules>,
): T {
  const structural = schemaProblems(schema, value);
  const problems = structural.length > 0 ? structural : rules(value);
  if (problems.length > 0) throw invalidConfig(problems, document, file, base);
  return value;
}

async function readText(file: string): Promise<string> {
  let text: string | undefined;
  try {
    text = await readBoundedText(file, MAX_CONFIG_BYTES);
  } catch (error) {
    const unreadable = error instanceof BulkheadError && error.code === 'profile-unreadable';
    throw new BulkheadError(unreadable ? 'config-unreadable' : 'config-invalid', messageOf(error), {
      hint: `Name a YAML or JSON file in UTF-8 of at most ${MAX_CONFIG_BYTES} bytes that may be read.`,
      cause: error,
    });
  }
  if (text !== undefined) return text.startsWith('\ufeff') ? text.slice(1) : text;
  throw new BulkheadError('config-unreadable', `there is no file ${escapeText(file)}`, {
    hint: 'Name a YAML or JSON file; docs/configuration.md has an example.',
  });
}

function formatOf(file: string): 'yaml' | 'json' {
  if (/\.json$/i.test(file)) return 'json';
  return 'yaml';
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
