import { existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { BulkheadError, messageOf } from '../errors.ts';
import type { History } from '../history/history.ts';
import { looksLike } from '../history/magic.ts';
import { escapeText } from '../model/text.ts';
import { inertJson } from '../reporters/json.ts';
import { saveBundle } from '../store/bundle-file.ts';
import { replaceFile } from '../store/replace-file.ts';
import { print } from './print.ts';

export const EXPORT_FORMATS = ['jsonl', 'json'] as const;

export interface ExportOptions {
  readonly since?: Date;
  readonly format: (typeof EXPORT_FORMATS)[number];
  /** A directory for the bundles, a file `HASH.json` each. */
  readonly bundles?: string;
}

/**
 * Writes every run that can be read. One that cannot is named, the others are written, and the error comes last: of a
 * damaged file this saves what there is.
 * @param output a file; absent = standard output
 */
export async function exportHistory(history: History, output: string | undefined, options: ExportOptions): Promise<void> {
  const lost: string[] = [];
  if (output !== undefined) refuseDatabase(output);
  if (options.bundles !== undefined) await directoryFor(options.bundles);
  const parts = partsOf(history, options, lost);
  if (output === undefined) for await (const part of parts) await print(part);
  else await replaceFile(output, parts, 'history', 0o600);
  if (lost.length === 0) return;
  throw new BulkheadError('history-failed', [`Not all of the history could be read:`, ...lost].join('\n  '), {
    hint: 'Everything else was written. docs/history.md says how to save more.',
  });
}

/** Whoever names a history where the file to write is named would lose it. */
export function refuseDatabase(output: string): void {
  if (!existsSync(output) || !statSync(output).isFile() || looksLike(output) !== 'database') return;
  throw new BulkheadError('usage', `${escapeText(output, 1000)} is a database, and is not written over.`, {
    hint: 'The history to read is named by --file.',
  });
}

async function* partsOf(history: History, options: ExportOptions, lost: string[]): AsyncGenerator<string> {
  const { format, bundles, since } = options;
  let written = 0;
  if (format === 'json') yield '[';
  // Run by run: a reader that holds the file for long would keep others from recording.
  for (const id of history.runIds(since === undefined ? {} : { since })) {
    const line = await attempt(`run ${id}`, lost, async () => inertJson(history.recordOf(id)));
    if (line === undefined) continue;
    yield format === 'json' ? `${written === 0 ? '' : ','}\n${line}` : `${line}\n`;
    written += 1;
    if (bundles === undefined) continue;
    await attempt(`the bundle of run ${id}`, lost, async () =>
      saveBundle(path.join(bundles, `${history.run(id).bundle}.json`), await history.bundleOf(id)),
    );
  }
  if (format === 'json') yield '\n]\n';
}

async function attempt<T>(what: string, lost: string[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    // Pruned by somebody else in the meantime: gone, not lost.
    const gone = error instanceof BulkheadError && error.code === 'usage';
    const unreadable = error instanceof BulkheadError && ['history-failed', 'bundle-invalid'].includes(error.code);
    if (!gone && !unreadable) throw error;
    if (unreadable) lost.push(`${what}: ${messageOf(error)}`);
    return undefined;
  }
}

async function directoryFor(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new BulkheadError('output-failed', `The bundles could not be written: ${messageOf(error)}`, {
      hint: 'Name a directory that may be made.',
      cause: error,
    });
  }
}
