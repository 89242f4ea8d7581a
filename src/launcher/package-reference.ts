import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';

const PREFIX = 'npx:';
/** npm's limit for a name, the scope included. */
const MAX_NAME = 214;
/** npm takes 256; a tag of an image holds 128 characters, and the content hash is in it too. */
const MAX_VERSION = 100;
/** What npm lets a new package be called: URL-safe, lower case, and none of the marks `~'!()*`. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9._-]*$/;
const SCOPED_NAME = /^@[a-z0-9_-][a-z0-9._-]*\/[a-z0-9_-][a-z0-9._-]*$/;
/** semver.org's own expression, without build metadata. */
const EXACT_VERSION =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?$/;
const BIN_NAME = /^[A-Za-z0-9_][A-Za-z0-9._~-]{0,99}$/;
const EXAMPLE = 'npx:@scope/name@1.2.3 or npx:name@1.2.3';

/** A package of an npm registry in one exact version. */
export interface PackageReference {
  /** With its scope: `@scope/name`. */
  readonly name: string;
  /** `1.2.3` or `1.2.3-beta.1`; never a range or a tag. */
  readonly version: string;
  /** Which of the package's programs; absent: the package decides. */
  readonly bin?: string;
}

/** Whether `text` means a package and not an image. It need not be a correct reference. */
export function isPackageReference(text: string): boolean {
  return text.startsWith(PREFIX);
}

/**
 * Reads `npx:NAME@VERSION` and `npx:NAME@VERSION#BIN`. Only an exact version is taken: a tag or a range means other
 * code tomorrow.
 * @throws BulkheadError `usage`
 */
export function parsePackageReference(text: string): PackageReference {
  if (!isPackageReference(text)) throw wrong(text, 'does not begin with "npx:"');
  const body = text.slice(PREFIX.length);
  const hash = body.indexOf('#');
  const specification = hash === -1 ? body : body.slice(0, hash);
  refuseOtherKinds(text, specification);
  const at = specification.indexOf('@', 1);
  const name = at === -1 ? specification : specification.slice(0, at);
  checkName(text, name);
  const version = at === -1 ? '' : specification.slice(at + 1);
  checkVersion(text, name, version);
  if (hash === -1) return { name, version };
  const bin = body.slice(hash + 1);
  if (!BIN_NAME.test(bin)) {
    throw wrong(text, 'names no program after "#"', `Write npx:${name}@${version}#PROGRAM, PROGRAM as in the package's "bin".`);
  }
  return { name, version, bin };
}

/** The text that `parsePackageReference` reads back as the same reference. */
export function formatPackageReference({ name, version, bin }: PackageReference): string {
  return `${PREFIX}${name}@${version}${bin === undefined ? '' : `#${bin}`}`;
}

/** The name without its scope. */
export function lastNamePart(name: string): string {
  return name.slice(name.indexOf('/') + 1);
}

/** One name of a directory for each package and version: `@scope+name@1.2.3`. No name of a package holds a plus. */
export function directoryNameOf({ name, version }: PackageReference): string {
  return `${name.replace('/', '+')}@${version}`;
}

/** A part of an image's name: `@scope/name` gives `scope-name`. Two packages may share one; their content hashes differ. */
export function imageNameOf({ name }: PackageReference): string {
  return name
    .replaceAll(/[^a-z0-9]+/g, ' ')
    .trim()
    .replaceAll(' ', '-');
}

function refuseOtherKinds(text: string, specification: string): void {
  if (specification === '') throw wrong(text, 'names no package');
  if (specification.startsWith('//')) {
    throw wrong(text, 'has slashes before the name', `Write npx:${escapeText(specification.slice(2), 60)}, without them.`);
  }
  if (/^(?:[./~]|file:|link:)|^[^@]*\.(?:tgz|tar\.gz|tar)$|\\/i.test(specification)) {
    throw wrong(text, 'is a path, which is not pinned by anything');
  }
  if (/:|^git@/.test(specification)) throw wrong(text, 'is a URL, a git reference or an alias');
  if (/^[^@/]+\/[^/]/.test(specification)) throw wrong(text, 'is a git reference, or a scope without its "@"');
}

function checkName(text: string, name: string): void {
  const hint = `Names have lower-case letters, digits, ".", "_" and "-". Write ${EXAMPLE}.`;
  if (name.length > MAX_NAME) throw wrong(text, `has a name of more than ${MAX_NAME} characters`, hint);
  const reserved = name === 'node_modules' || name === 'favicon.ico';
  // A name of dots and dashes alone would leave an image without one.
  const named = /[a-z0-9]/.test(lastNamePart(name));
  if (reserved || !named || !(PLAIN_NAME.test(name) || SCOPED_NAME.test(name))) {
    throw wrong(text, `has a name that no npm package can have: "${escapeText(name, 60)}"`, hint);
  }
}

function checkVersion(text: string, name: string, version: string): void {
  const hint = `\`npm view ${name} version\` prints the newest one: write it out, as in ${PREFIX}${name}@1.2.3.`;
  if (version === '') throw wrong(text, 'has no version', hint);
  const exact = EXACT_VERSION.exec(version);
  // Larger numbers are no versions for npm.
  if (exact?.slice(1).every((part) => Number.isSafeInteger(Number(part))) === true) {
    if (version.length > MAX_VERSION) throw wrong(text, `has a version of more than ${MAX_VERSION} characters`, hint);
    return;
  }
  const shown = `"${escapeText(version, 60)}"`;
  if (version.includes('+')) {
    throw wrong(text, `has a version with build metadata, ${shown}`, 'npm ignores what stands behind the "+": leave it out.');
  }
  if (/^[vV=]\d/.test(version))
    throw wrong(text, `has a version with a mark before it, ${shown}`, `Write the number alone. ${hint}`);
  if (/^[a-zA-Z][\w-]*$/.test(version)) throw wrong(text, `has a tag, ${shown}, which can mean another version tomorrow`, hint);
  throw wrong(text, `has no exact version: ${shown}`, hint);
}

function wrong(
  text: string,
  what: string,
  hint = `Write a package of an npm registry and its exact version: ${EXAMPLE}.`,
): BulkheadError {
  return new BulkheadError('usage', `The package "${escapeText(text, 120)}" ${what}.`, { hint });
}
