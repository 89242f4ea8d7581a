import { resolve } from 'node:path';
import { BulkheadError, messageOf } from '../errors.ts';
import { ANCHORED, FORMATS, REPORTERS, type Format, type Render, type RenderOptions } from '../reporters/registry.ts';
import type { Report } from '../model/report.ts';
import type { Severity } from '../model/check.ts';
import { escapeText } from '../model/text.ts';
import { nearest } from '../profiles/spelling.ts';
import { inBatches } from '../store/batches.ts';
import { writeWhole } from '../store/write-whole.ts';
import { declarationFiles } from './declaration-files.ts';
import { usage } from './options.ts';
import { print } from './print.ts';

/** For `--help`. */
export const FORMAT_HELP = `${FORMATS.slice(0, -1).join(', ')} or ${FORMATS.at(-1) ?? ''}; repeatable`;

export interface OutputRequest<F extends Format = Format> {
  readonly format: F;
  /** A file; absent = standard output. */
  readonly path?: string;
}

export interface ViewOptions {
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly minSeverity?: Severity;
  readonly showWaived?: boolean;
}

/** Reads `FMT` or `FMT=PATH`, repeated. Two formats cannot both go to standard output. */
export function parseFormats(values: readonly string[], given?: { readonly flag?: string }): readonly OutputRequest[];
export function parseFormats<F extends Format>(
  values: readonly string[],
  given: { readonly flag?: string; readonly known: readonly F[] },
): readonly OutputRequest<F>[];
export function parseFormats(
  values: readonly string[],
  { flag = '--format', known = FORMATS }: { readonly flag?: string; readonly known?: readonly Format[] } = {},
): readonly OutputRequest[] {
  const requests = (values.length === 0 ? ['console'] : values).map((value): OutputRequest => {
    const [name = '', ...rest] = value.split('=');
    const path = rest.join('=');
    const format = known.find((each) => each === name);
    if (format === undefined || (rest.length > 0 && path === '')) {
      const meant = nearest(name, known);
      const guess = meant === undefined || meant === name ? '' : `. Did you mean ${meant}?`;
      throw usage(flag, value, `one of ${known.join(', ')}, or FORMAT=FILE${guess}`);
    }
    return rest.length === 0 ? { format } : { format, path };
  });
  if (requests.filter(({ path }) => path === undefined).length > 1) {
    throw new BulkheadError('usage', 'Two formats cannot both go to standard output.', {
      hint: 'Give one of them a file: --format json=report.json.',
    });
  }
  const paths = requests.flatMap(({ path }) => (path === undefined ? [] : [resolve(path)]));
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) {
    throw new BulkheadError('usage', `Two formats cannot both go to ${escapeText(twice)}.`, {
      hint: 'Give each a file of its own: --format json=report.json --format junit=junit.xml.',
    });
  }
  return requests;
}

/** Renders and writes every format that was asked for. */
export async function writeReport(report: Report, requests: readonly OutputRequest[], view: ViewOptions): Promise<void> {
  // What points at no file reads none.
  const isAnchored = requests.some(({ format }) => ANCHORED.includes(format));
  const files = isAnchored ? await declarationFiles(report, process.cwd()) : new Map();
  await writeOutputs(requests, view, async (format, options) => {
    const render: Render = await REPORTERS[format].load();
    return render(report, { ...options, files });
  });
}

/** The same for what is no audit's report. A file that cannot be written does not keep the others from being written. */
export async function writeOutputs<F extends Format>(
  requests: readonly OutputRequest<F>[],
  view: ViewOptions,
  render: (format: F, options: RenderOptions) => Promise<Iterable<string>>,
): Promise<void> {
  await allOf(
    requests.map(({ format, path }) => async () => {
      const pieces = await render(format, {
        ...view,
        color: path === undefined && hasColor(),
        width: path === undefined ? (process.stdout.columns ?? 100) : 100,
      });
      await (path === undefined ? printPieces(pieces) : save(path, pieces));
    }),
  );
}

/** All steps, one after the other, whatever becomes of each; then the first error. */
export async function allOf(steps: readonly (() => Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) await step().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

async function printPieces(pieces: Iterable<string>): Promise<void> {
  for (const text of inBatches(pieces)) await print(text);
}

async function save(path: string, pieces: Iterable<string>): Promise<void> {
  try {
    // What a step of a workflow has said in its summary before stays there.
    await writeWhole(path, pieces, path === process.env['GITHUB_STEP_SUMMARY'] ? 'a' : 'w');
  } catch (error) {
    throw new BulkheadError('output-failed', `The report could not be written: ${messageOf(error)}`, {
      hint: 'Name a file in a directory that exists, may be written and has room.',
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
