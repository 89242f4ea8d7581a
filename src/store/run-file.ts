import { Ajv2020 } from 'ajv/dist/2020.js';
import { BulkheadError, messageOf } from '../errors.ts';
import { OutcomesSchema, type ObservationBundle } from '../model/bundle.ts';
import { ReportSchema, type Report } from '../model/report.ts';
import { escapeText } from '../model/text.ts';
import { readBoundedText } from '../profiles/read-text.ts';
import { validateProfile } from '../profiles/validate.ts';
import { bundleIn, MAX_BUNDLE_BYTES } from './bundle-file.ts';

/** A run as a file has it: what it saw, or what was made of that. */
export type SavedRun = { readonly bundle: ObservationBundle } | { readonly report: Report };

/**
 * Reads a bundle or a JSON report, whichever its content says, and checks all of it.
 * @throws BulkheadError `bundle-unreadable`, `bundle-invalid` or `profile-invalid`
 */
export async function loadRun(path: string): Promise<SavedRun> {
  const where = escapeText(path);
  const text = await readBoundedText(path, MAX_BUNDLE_BYTES).catch((error: unknown) => {
    throw failure('bundle-unreadable', messageOf(error), error);
  });
  if (text === undefined) throw failure('bundle-unreadable', `There is no file ${where}.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failure('bundle-invalid', `${where} is not JSON: ${escapeText(messageOf(error))}`, error);
  }
  // Both have a version of their own, and only a report has findings.
  const isReport = typeof value === 'object' && value !== null && Object.hasOwn(value, 'findings');
  return isReport ? { report: reportIn(value, where) } : { bundle: bundleIn(value, where) };
}

function reportIn(value: unknown, where: string): Report {
  const ajv = new Ajv2020({ strict: true, inlineRefs: false });
  const report = valid<Report>(ajv, ReportSchema, value, where, 'a JSON report of this version');
  // Its schema leaves both open; whoever compares reads them.
  for (const { outcomes } of report.observations) valid(ajv, OutcomesSchema, outcomes, where, 'a report with valid observations');
  for (const { declaration, name } of report.targets) {
    validateProfile(declaration.profile, `${where}, profile of ${escapeText(name)}`);
  }
  return report;
}

function valid<T>(ajv: Ajv2020, schema: object, value: unknown, where: string, what: string): T {
  const validate = ajv.compile(schema);
  if (validate(value)) return value as T;
  const problem = validate.errors?.at(-1);
  throw failure(
    'bundle-invalid',
    `${where} is not ${what}: ${escapeText(problem?.instancePath || '/')} ${problem?.message ?? ''}.`,
  );
}

function failure(code: 'bundle-unreadable' | 'bundle-invalid', message: string, cause?: unknown): BulkheadError {
  return new BulkheadError(code, message, {
    hint: 'Name a file that `bulkhead audit` wrote with --save FILE or --format json=FILE.',
    ...(cause === undefined ? {} : { cause }),
  });
}
