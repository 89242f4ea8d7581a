import { Ajv2020 } from 'ajv/dist/2020.js';
import { baselineOf, baselineRun, type NamedBaseline } from '../engine/baseline.ts';
import { BulkheadError, messageOf } from '../errors.ts';
import { BASELINE_VERSION, BaselineSchema, type Baseline } from '../model/baseline.ts';
import { REPORT_VERSION, ReportSchema, type Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import { readBoundedText } from '../profiles/read-text.ts';
import { replaceFile } from './replace-file.ts';

/** A report of 500 servers has about 100 MB. */
const MAX_BYTES = 512 * 1024 * 1024;

/** One entry a line and no time anywhere: what `git diff` shows is what has changed. */
export function baselineText({ baselineVersion, checks, entries, targets, tool }: Baseline): string {
  const list = (values: readonly unknown[]) =>
    values.length === 0 ? '[]' : `[\n${values.map((value) => `    ${line(value)}`).join(',\n')}\n  ]`;
  const members: readonly (readonly [string, string])[] = [
    ['baselineVersion', line(baselineVersion)],
    ['checks', list(checks)],
    [
      'entries',
      list(
        entries.map(({ check, fingerprint, severity, status, subject, target }) => ({
          check,
          fingerprint,
          severity,
          status,
          subject,
          target,
        })),
      ),
    ],
    ['targets', list(targets)],
    ['tool', line(tool)],
  ];
  return `{\n${members.map(([key, value]) => `  "${key}": ${value}`).join(',\n')}\n}\n`;
}

/** Subjects come out of containers: what could steer a terminal is written as `\uXXXX`, the same JSON value. */
function line(value: unknown): string {
  return escapeText(JSON.stringify(value), Number.POSITIVE_INFINITY);
}

export async function saveBaseline(path: string, baseline: Baseline): Promise<void> {
  await replaceFile(path, baselineText(baseline), 'baseline', 0o644);
}

/**
 * Reads a baseline, or a JSON report as one.
 * @throws BulkheadError `config-unreadable` or `config-invalid`
 */
export async function loadBaseline(path: string): Promise<NamedBaseline> {
  const where = escapeText(path);
  let text: string | undefined;
  try {
    text = await readBoundedText(path, MAX_BYTES);
  } catch (error) {
    throw failure('config-unreadable', messageOf(error), error);
  }
  if (text === undefined) throw failure('config-unreadable', `there is no file ${where}`);
  return { source: path, baseline: parseBaseline(text, where) };
}

/** @throws BulkheadError `config-invalid` */
export function parseBaseline(text: string, where: string): Baseline {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failure('config-invalid', `${where} is not JSON: ${escapeText(messageOf(error))}`, error);
  }
  return baselineIn(value, where);
}

function baselineIn(value: unknown, where: string): Baseline {
  const { baselineVersion, schemaVersion } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly baselineVersion?: unknown;
    readonly schemaVersion?: unknown;
  };
  if (baselineVersion === BASELINE_VERSION) return valid<Baseline>(BaselineSchema, value, where);
  if (schemaVersion === REPORT_VERSION) return baselineOf(baselineRun(valid<Report>(ReportSchema, value, where)));
  throw failure('config-invalid', `${where} is neither a baseline nor a JSON report of this version.`);
}

function valid<T>(schema: object, value: unknown, where: string): T {
  const validate = new Ajv2020({ strict: true }).compile(schema);
  if (validate(value)) return value as T;
  const problem = validate.errors?.[0];
  throw failure(
    'config-invalid',
    `${where} is not valid: ${escapeText(problem?.instancePath || '/')} ${problem?.message ?? ''}.`,
  );
}

function failure(code: 'config-unreadable' | 'config-invalid', message: string, cause?: unknown): BulkheadError {
  return new BulkheadError(code, message, {
    hint: 'Name a file of --update-baseline or --format json; --baseline FILE --update-baseline writes one.',
    ...(cause === undefined ? {} : { cause }),
  });
}
