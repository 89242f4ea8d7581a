import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { BUILT_IN_NAMES, BUILT_IN_PROFILES, isBuiltInName } from './built-in.ts';
import { findJsonFault, lineAndColumn } from './json-scan.ts';
import { readBoundedText } from './read-text.ts';
import { nearest } from './spelling.ts';
import { validateProfile } from './validate.ts';
import type { ValidatedProfile } from './validate.ts';

/** Larger files are not read: the largest published profile has about one kilobyte. */
export const MAX_PROFILE_BYTES = 1024 * 1024;

export interface LoadedProfile extends ValidatedProfile {
  /** `built-in:none`, or the path as it was given (not escaped). */
  readonly location: string;
}

export interface LoadOptions {
  /** Default `MAX_PROFILE_BYTES`. */
  readonly maxBytes?: number;
}

/**
 * Loads a profile by reference: `none`, `network`, or the path of a JSON file relative to the working
 * directory. Built-in names win over files: `./none` is the file.
 * @throws BulkheadError `profile-unreadable` (missing, directory, no permission, too large) or
 * `profile-invalid` (empty, no UTF-8, no JSON, no profile), with a hint
 */
export async function loadProfile(reference: string, options: LoadOptions = {}): Promise<LoadedProfile> {
  if (isBuiltInName(reference)) {
    return { profile: BUILT_IN_PROFILES[reference], remarks: [], location: `built-in:${reference}` };
  }
  if (reference === '')
    throw new BulkheadError('profile-unreadable', 'the reference of the profile is empty', { hint: knownReferences() });
  const text = await readBoundedText(reference, options.maxBytes ?? MAX_PROFILE_BYTES);
  if (text === undefined) throw notFound(reference);
  return { ...parseProfile(text, reference), location: reference };
}

/**
 * The same for a text from elsewhere (a label, a catalogue).
 * @param where what the text came from, for messages
 * @throws BulkheadError `profile-invalid`
 */
export function parseProfile(text: string, where: string): ValidatedProfile {
  const shown = escapeText(where);
  if (text.trim() === '') {
    throw new BulkheadError('profile-invalid', `${shown} is empty`, { hint: 'A profile that allows nothing is written {}.' });
  }
  if (text.startsWith('\ufeff')) {
    throw new BulkheadError('profile-invalid', `${shown} begins with a byte order mark, which JSON does not have`, {
      hint: 'Save it as UTF-8 without a byte order mark.',
    });
  }
  const fault = findJsonFault(text);
  if (fault !== undefined) {
    const { line, column } = lineAndColumn(text, fault.offset);
    throw new BulkheadError('profile-invalid', `${shown} is not valid JSON: line ${line}, column ${column}: ${fault.what}`, {
      hint: 'Profiles are plain JSON: double quotes, no comments, no trailing commas, no repeated keys. YAML is not read.',
    });
  }
  return validateProfile(JSON.parse(text), where);
}

function notFound(reference: string): BulkheadError {
  const shown = escapeText(reference);
  const meant = reference === 'stdio' ? 'none' : nearest(reference, BUILT_IN_NAMES);
  const guess = meant === undefined ? '' : ` Did you mean ${meant}?`;
  const looksLikePath = /[/\\]|\.\w+$/.test(reference);
  return new BulkheadError(
    'profile-unreadable',
    looksLikePath
      ? `there is no file ${shown}`
      : `there is no profile ${shown}: neither a built-in one (${BUILT_IN_NAMES.join(', ')}) nor a file`,
    { hint: `${knownReferences()}${guess}` },
  );
}

function knownReferences(): string {
  return `Give ${BUILT_IN_NAMES.join(', ')} or the path of a JSON file.`;
}
