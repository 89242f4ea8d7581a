import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { replaceFile } from '../store/replace-file.ts';
import { metricsText, type Family } from './text.ts';

/**
 * Replaces a file for node-exporter's textfile collector, which reads the older format alone, refuses times, and looks
 * at files that end with `.prom`.
 * @throws BulkheadError `config-invalid` for another ending, `output-failed`
 */
export async function writeTextfile(path: string, families: readonly Family[]): Promise<void> {
  if (!path.endsWith('.prom')) {
    throw new BulkheadError('config-invalid', `${escapeText(path)} does not end with .prom: node-exporter would not read it.`, {
      hint: 'Name a file such as bulkhead.prom in the directory of --collector.textfile.directory.',
    });
  }
  await replaceFile(path, metricsText(families, 'prometheus'), 'file of metrics', 0o644);
}
