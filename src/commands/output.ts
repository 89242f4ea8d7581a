import { writeFile } from 'node:fs/promises';
import { BulkheadError, messageOf } from '../errors.ts';
import { FORMATS, isFormat, REPORTERS, type Format, type RenderOptions } from '../reporters/registry.ts';
import type { Report } from '../model/report.ts';
import type { Severity } from '../model/check.ts';
import { usage } from './options.ts';
import { print } from './print.ts';

export interface OutputRequest {
  readonly format: Format;
  /** A file; absent = standard output. */
  readonly path?: string;
}

export interface ViewOptions {
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly minSeverity?: Severity;
}

/** Reads `FMT` or `FMT=PATH`, repeated. Two formats cannot both go to standard output. */
export function parseFormats(values: readonly string[], known: readonly Format[] = FORMATS): readonly OutputRequest[] {
  const requests = (values.length === 0 ? ['console'] : values).map((value): OutputRequest => {
    const [format = '', ...rest] = value.split('=');
    const path = rest.join('=');
    if (!isFormat(format) || !known.includes(format) || (rest.length > 0 && path === '')) {
      throw usage('--format', value, `one of ${known.join(', ')}, or FORMAT=FILE`);
    }
    return rest.length === 0 ? { format } : { format, path };
  });
  if (requests.filter(({ path }) => path === undefined).length > 1) {
    throw new BulkheadError('usage', 'Two formats cannot both go to standard output.', {
      hint: 'Give one of them a file: --format json=report.json.',
    });
  }
  return requests;
}

/** Renders and writes every format that was asked for. */
export async function writeReport(report: Report, requests: readonly OutputRequest[], view: ViewOptions): Promise<void> {
  await writeOutputs(requests, view, (format, options) => REPORTERS[format].render(report, options));
}

/** The same for what is no audit's report. */
export async function writeOutputs(
  requests: readonly OutputRequest[],
  view: ViewOptions,
  render: (format: Format, options: RenderOptions) => string,
): Promise<void> {
  for (const { format, path } of requests) {
    const text = render(format, {
      ...view,
      color: path === undefined && hasColor(),
      width: path === undefined ? (process.stdout.columns ?? 100) : 100,
    });
    await (path === undefined ? print(text) : save(path, text));
  }
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new BulkheadError('output-failed', `The report could not be written: ${messageOf(error)}`, {
      hint: 'Name a file in a directory that exists and may be written.',
      cause: error,
    });
  }
}

/** https://no-color.org and FORCE_COLOR, else whether a person is watching. */
export function hasColor(): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '0') return true;
  return process.stdout.isTTY;
}
