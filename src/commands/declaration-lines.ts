import { readDocument, type ConfigDocument, type Step } from '../config/document.ts';
import { LABEL } from '../model/labels.ts';
import type { Profile } from '../model/profile.ts';
import { BUILT_IN_PROFILES, isBuiltInName } from '../profiles/built-in.ts';
import { parseProfile } from '../profiles/load.ts';
import { validateProfile } from '../profiles/validate.ts';
import type { DeclarationLines, Line } from '../reporters/anchor.ts';

/** A profile in a file, and the lines of what it says. */
export interface LocatedProfile {
  readonly profile: Profile;
  readonly lines: DeclarationLines;
}

/**
 * @param under the keys that lead to the profile; none where it is the whole file
 * @throws BulkheadError where there is no valid profile
 */
export async function locateProfile(text: string, under: readonly string[]): Promise<LocatedProfile> {
  const document = await readDocument(text, '', 'json');
  const value = under.reduce(memberOf, document.value);
  const { profile } = validateProfile(value, '');
  const lineAt = linesOf(text, document);
  const keys = new Map<string, Line>();
  const values = new Map<string, Line>();
  visit(value, []);
  return { profile, lines: { start: lineAt(under), keys, values } };

  function visit(part: unknown, steps: readonly Step[]): void {
    if (typeof part === 'string') {
      if (!values.has(part)) values.set(part, lineAt([...under, ...steps]));
    } else if (Array.isArray(part)) {
      for (const [index, each] of part.entries()) visit(each, [...steps, index]);
    } else if (typeof part === 'object' && part !== null) {
      for (const [key, each] of Object.entries(part)) {
        keys.set([...steps, key].join('.'), lineAt([...under, ...steps, key]));
        visit(each, [...steps, key]);
      }
    }
  }
}

/** A compose file that was read, for any of its services. */
export interface ComposeFile {
  readonly text: string;
  readonly document: ConfigDocument;
}

/** @throws BulkheadError for what is no YAML, or YAML that readers take differently */
export async function readCompose(text: string): Promise<ComposeFile> {
  return { text, document: await readDocument(text, '', 'yaml') };
}

/**
 * The line of a service's label where it says the profile that the container was started with, else the line of the
 * service; undefined where there is no such service.
 */
export function locateService(
  { text, document }: ComposeFile,
  name: string,
  declared: (profile: Profile) => boolean,
): DeclarationLines | undefined {
  const service = memberOf(memberOf(document.value, 'services'), name);
  if (service === undefined) return undefined;
  const at = ['services', name];
  const label = labelOf(memberOf(service, 'labels'));
  const isDeclared = label !== undefined && declares(label.text, declared);
  const lineAt = linesOf(text, document);
  return { start: lineAt(isDeclared ? [...at, 'labels', label.step] : at), keys: new Map(), values: new Map() };
}

/** Labels are a mapping or a list of `KEY=VALUE`. */
function labelOf(labels: unknown): { readonly step: Step; readonly text: string } | undefined {
  if (!Array.isArray(labels)) {
    const text = memberOf(labels, LABEL.profile);
    return typeof text === 'string' ? { step: LABEL.profile, text } : undefined;
  }
  const prefix = `${LABEL.profile}=`;
  const step = labels.findIndex((each) => typeof each === 'string' && each.startsWith(prefix));
  return step === -1 ? undefined : { step, text: String(labels[step]).slice(prefix.length) };
}

function declares(text: string, declared: (profile: Profile) => boolean): boolean {
  try {
    // Compose writes a dollar sign twice. What it fills in from variables is no profile here.
    const value = text.replaceAll('$$', '$');
    return declared(isBuiltInName(value) ? BUILT_IN_PROFILES[value] : parseProfile(value, '').profile);
  } catch {
    return false;
  }
}

function linesOf(text: string, { lineOf }: ConfigDocument): (steps: readonly Step[]) => Line {
  const lines = text.split('\n');
  return (steps) => {
    const number = lineOf(steps) ?? 1;
    return { number, columns: Math.max((lines[number - 1] ?? '').replace(/\r$/, '').length, 1) };
  };
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string, unknown>>)[key];
}
