import { Ajv2020 } from 'ajv/dist/2020.js';
import { open } from 'node:fs/promises';
import { BulkheadError, messageOf } from '../errors.ts';
import { BUNDLE_VERSION, BundleSchema, type ObservationBundle } from '../model/bundle.ts';
import { escapeText } from '../model/text.ts';
import { validateProfile } from '../profiles/validate.ts';
import { replaceFile } from './replace-file.ts';

/** Twenty targets make about 5 MB; more than this is no bundle of ours. */
export const MAX_BUNDLE_BYTES = 512 * 1024 * 1024;

/** Compiled once: it takes longer than to check a bundle of a few servers. */
let validateBundle: ReturnType<Ajv2020['compile']> | undefined;

export async function saveBundle(path: string, bundle: ObservationBundle): Promise<void> {
  // Others need not read what runs on this machine.
  await replaceFile(path, bundleText(bundle), 'bundle', 0o600);
}

/** A bundle as it stands in a file. */
export function bundleText(bundle: ObservationBundle): string {
  return `${JSON.stringify(bundle)}\n`;
}

/**
 * Reads a bundle and checks all of it: it may come from another machine, or from somebody.
 * @throws BulkheadError `bundle-unreadable` or `bundle-invalid`
 */
export async function loadBundle(path: string): Promise<ObservationBundle> {
  return parseBundle((await readBundleBytes(path)).toString('utf8'), escapeText(path));
}

/**
 * @param where what it was read from, for messages
 * @throws BulkheadError `bundle-invalid`
 */
export function parseBundle(text: string, where: string): ObservationBundle {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${where} is not JSON: ${escapeText(messageOf(error))}`, error);
  }
  return bundleIn(value, where);
}

/**
 * A value as a bundle, once all of it is checked.
 * @param where for messages, escaped
 * @throws BulkheadError `bundle-invalid`, or `profile-invalid`
 */
export function bundleIn(value: unknown, where: string): ObservationBundle {
  const version = (value as { schemaVersion?: unknown } | null)?.schemaVersion;
  if (version !== BUNDLE_VERSION) {
    throw invalid(
      `${where} has schemaVersion ${escapeText(JSON.stringify(version) ?? 'none', 20)}; this version of bulkhead reads ${BUNDLE_VERSION}.`,
    );
  }
  // To optimize the code takes longer than it saves, and definitions written out at each place thrice the memory.
  validateBundle ??= new Ajv2020({ strict: true, inlineRefs: false, code: { optimize: false } }).compile(BundleSchema);
  if (!validateBundle(value)) {
    const problem = validateBundle.errors?.at(-1);
    throw invalid(`${where} is not a bundle: ${escapeText(problem?.instancePath || '/')} ${problem?.message ?? ''}.`);
  }
  // The schema leaves the profiles to the one place that knows them.
  const bundle = value as unknown as ObservationBundle;
  for (const { target, declaration } of bundle.targets) {
    validateProfile(declaration.profile, `${where}, profile of ${escapeText(target.name)}`);
  }
  return bundle;
}

/**
 * A bundle as it is stored.
 * @throws BulkheadError `bundle-unreadable`
 */
export async function readBundleBytes(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > MAX_BUNDLE_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_BUNDLE_BYTES}`);
      return await file.readFile();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new BulkheadError('bundle-unreadable', `${escapeText(path)} could not be read: ${messageOf(error)}`, {
      hint: 'Name a file that `bulkhead audit --save FILE` wrote.',
      cause: error,
    });
  }
}

function invalid(message: string, cause?: unknown): BulkheadError {
  return new BulkheadError('bundle-invalid', message, {
    hint: 'Name a file that `bulkhead audit --save FILE` of this version wrote.',
    ...(cause === undefined ? {} : { cause }),
  });
}
