import { link, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { runNpm, type Environment } from './package-npm.ts';
import { directoryNameOf, type PackageReference } from './package-reference.ts';

const LOCK = 'package-lock.json';
const UNFINISHED = '.unfinished-';
/** No install takes that long: what is older was left by a run that was killed. */
const UNFINISHED_MS = 6 * 60 * 60_000;

export interface InstallOptions {
  /** The cache of all packages, see `packageCacheDirectory`; made when it is missing. */
  readonly cacheDirectory: string;
  /** Runs the packages' install scripts: their code, on this machine, as this user. Default: no. */
  readonly allowScripts?: boolean;
  readonly signal?: AbortSignal;
  /** One line of text for a person, whenever something longer begins. */
  readonly onProgress?: (message: string) => void;
  /** Default: this process's. */
  readonly environment?: Environment;
}

export interface InstalledPackage {
  /** The directory that holds node_modules and package-lock.json. Shared with other runs: to be read only. */
  readonly directory: string;
  /** The kept lock: what the next install of the same reference follows. */
  readonly lockFile: string;
  readonly lock: string;
}

/** `$XDG_CACHE_HOME/bulkhead/packages`, or `~/.cache/bulkhead/packages`. */
export function packageCacheDirectory(environment: Environment, homeDirectory: string): string {
  const given = environment['XDG_CACHE_HOME'];
  // The XDG rules say that a relative path is to be ignored.
  const base = given !== undefined && path.isAbsolute(given) ? given : path.join(homeDirectory, '.cache');
  return path.join(base, 'bulkhead', 'packages');
}

/** Where the lock of a reference is kept. */
export function lockFileOf(reference: PackageReference, cacheDirectory: string): string {
  return path.join(cacheDirectory, directoryNameOf(reference), LOCK);
}

/** The kept lock of a reference, or `undefined` when it was never installed. */
export async function readLock(reference: PackageReference, cacheDirectory: string): Promise<string | undefined> {
  const lockFile = lockFileOf(reference, cacheDirectory);
  for (const directory of [cacheDirectory, path.dirname(lockFile)]) await refuseForeign(directory);
  return orMissing(readFile(lockFile, 'utf8'));
}

/** A lock and a tree are believed: nobody else may have written them. */
async function refuseForeign(directory: string): Promise<void> {
  const found = await orMissing(stat(directory));
  if (found === undefined) return;
  const own = found.uid === process.getuid?.();
  if (own && (found.mode & 0o022) === 0) return;
  const what = own ? 'can be written by others' : 'belongs to another user';
  throw new BulkheadError('image-failed', `The cache of packages cannot be trusted: ${escapeText(directory, 300)} ${what}.`, {
    hint: own
      ? `\`chmod go-w\` it when you know what is in it; XDG_CACHE_HOME names another place.`
      : 'XDG_CACHE_HOME names another place.',
  });
}

/**
 * The package and all that it needs, installed by npm below the cache directory, unless it is there already:
 *
 *     NAME@VERSION/package-lock.json   kept for ever: the same reference gives the same tree next year
 *     NAME@VERSION/plain/              the tree; `scripts/` when install scripts ran
 *     NAME@VERSION/.unfinished-…/      being installed, or left by a run that was killed
 *
 * A tree and a lock get their names when they are whole, and the first one stays: runs at the same time end with the
 * same tree.
 * @throws BulkheadError `usage` for a package that is not there, `image-failed`, `interrupted`
 */
export async function installPackage(reference: PackageReference, options: InstallOptions): Promise<InstalledPackage> {
  const lockFile = lockFileOf(reference, options.cacheDirectory);
  const home = path.dirname(lockFile);
  const directory = path.join(home, options.allowScripts === true ? 'scripts' : 'plain');
  try {
    const lock = await readLock(reference, options.cacheDirectory);
    if (lock !== undefined && (await treeLock(directory, reference)) === lock) return { directory, lockFile, lock };
    return { directory, lockFile, lock: await install(reference, options, directory) };
  } catch (error) {
    throw asInstallError(error, reference, options.cacheDirectory);
  }
}

/** @returns the lock that the tree at `directory` was installed from */
async function install(reference: PackageReference, options: InstallOptions, directory: string): Promise<string> {
  const lockFile = lockFileOf(reference, options.cacheDirectory);
  const home = path.dirname(lockFile);
  await mkdir(home, { recursive: true, mode: 0o700 });
  await sweep(home);
  const unfinished = await mkdtemp(path.join(home, UNFINISHED));
  try {
    let lock = await readLock(reference, options.cacheDirectory);
    let made = await installInto(unfinished, reference, options, lock);
    if (lock === undefined && !(await keepLock(made, lockFile, unfinished))) {
      // Another run was first, and a dependency may have got a new version in between: its tree is the one.
      lock = await readFile(lockFile, 'utf8');
      if (lock !== made) made = await installInto(unfinished, reference, options, lock);
    }
    if ((await treeLock(directory, reference)) !== made) {
      await takePlace(unfinished, directory, async () => (await treeLock(directory, reference)) === made);
    }
    return made;
  } finally {
    await rm(unfinished, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** @returns the lock, after npm's work */
async function installInto(
  directory: string,
  reference: PackageReference,
  options: InstallOptions,
  lock: string | undefined,
): Promise<string> {
  const { name, version } = reference;
  const label = `${name}@${version}`;
  const allowScripts = options.allowScripts === true;
  if (options.signal?.aborted === true) throw new BulkheadError('interrupted', 'Interrupted.');
  // The name of the directory would get into the lock, and with it into the content hash.
  const manifest = { name: 'bulkhead-package', version: '0.0.0', private: true, dependencies: { [name]: version } };
  await writeFile(path.join(directory, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  if (lock !== undefined) await writeFile(path.join(directory, LOCK), lock);
  options.onProgress?.(`Installing ${label} with npm${lock === undefined ? '' : ', as its lock file says'}.`);
  if (allowScripts) {
    options.onProgress?.(
      `Install scripts are allowed: code of ${label} and of what it needs runs on this machine, outside of any container.`,
    );
  }
  await runNpm({
    directory,
    command: lock === undefined ? 'install' : 'ci',
    allowScripts,
    environment: options.environment ?? process.env,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    label,
    lockFile: lockFileOf(reference, options.cacheDirectory),
  });
  const made = await orMissing(treeLock(directory, reference));
  if (made === undefined) throw new BulkheadError('image-failed', `npm ended without an error, but ${label} is not installed.`);
  if (lock === undefined) checkNpm(made, reference);
  checkPins(made, reference);
  const unrun = allowScripts ? undefined : await unrunScripts(made, directory);
  if (unrun !== undefined) options.onProgress?.(unrun);
  return made;
}

interface LockEntry {
  readonly version?: string;
  readonly integrity?: string;
  /** Where it is from; npm was told to leave it out for what is from the registry. */
  readonly resolved?: string;
  /** Also for a binding.gyp, which npm would compile. */
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
}

/** npm 6 writes no list of packages; before npm 9 no address is left out, which would look as if it were from elsewhere. */
function checkNpm(lock: string, { name, version }: PackageReference): void {
  const own = entriesOf(lock)[`node_modules/${name}`];
  if (own !== undefined && own.resolved === undefined) return;
  throw new BulkheadError('image-failed', `npm is too old to install ${name}@${version}: its lock file is not as it should be.`, {
    hint: 'Bulkhead needs npm 9 or later (Node.js 22 has npm 10). `npm --version` says which is in PATH.',
  });
}

/** Everything in the lock is from the registry and has a hash of its content, or is a part of something that has. */
function checkPins(lock: string, { name, version }: PackageReference): void {
  const packages = entriesOf(lock);
  if (packages[`node_modules/${name}`]?.version !== version) {
    throw new BulkheadError('image-failed', `npm installed ${name}, but not in version ${version}.`);
  }
  const loose = Object.entries(packages).find(
    ([at, { integrity, resolved, inBundle }]) =>
      at !== '' && inBundle !== true && (integrity === undefined || resolved !== undefined),
  );
  if (loose === undefined) return;
  const what = escapeText(loose[0].replace(/^.*node_modules\//, ''));
  throw new BulkheadError('image-failed', `${name}@${version} needs ${what} from git, a URL or a path, not from the registry.`, {
    hint: 'Choose a version whose dependencies are all in the registry, or build an image yourself.',
  });
}

function entriesOf(lock: string): Readonly<Record<string, LockEntry>> {
  return (JSON.parse(lock) as { readonly packages?: Readonly<Record<string, LockEntry>> }).packages ?? {};
}

/** What did not run may be missed: a server that ends at once is explained by it. */
async function unrunScripts(lock: string, directory: string): Promise<string | undefined> {
  const marked = Object.entries(entriesOf(lock)).filter(([, { hasInstallScript }]) => hasInstallScript === true);
  // The lock names also what only other platforms get.
  const there = await Promise.all(marked.map(async ([at]) => orMissing(stat(path.join(directory, at)))));
  const names = marked
    .filter((_, index) => there[index] !== undefined)
    .map(([at]) => escapeText(at.replace(/^.*node_modules\//, ''), 60));
  if (names.length === 0) return undefined;
  const list = names.length > 6 ? `${names.slice(0, 6).join(', ')}, …` : names.join(', ');
  return `Install scripts did not run: ${list}. When the server misses what they make, see --allow-scripts.`;
}

/** The lock in a whole tree; `undefined` when there is none, or it lost the package (someone cleaned up). */
async function treeLock(directory: string, { name }: PackageReference): Promise<string | undefined> {
  const manifest = await orMissing(stat(path.join(directory, 'node_modules', name, 'package.json')));
  return manifest === undefined ? undefined : orMissing(readFile(path.join(directory, LOCK), 'utf8'));
}

/** Keeps the lock unless there is one: all of it at once. @returns whether it is the one that is kept */
async function keepLock(lock: string, lockFile: string, unfinished: string): Promise<boolean> {
  const whole = path.join(unfinished, 'lock');
  await writeFile(whole, lock);
  try {
    await link(whole, lockFile);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(whole);
  }
}

/** Renames `from` to `to`. What is there instead is moved away, unless it is as good. */
async function takePlace(from: string, to: string, asGood: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error) ?? '') || attempt === 3) throw error;
      if (await asGood()) return;
      const aside = await mkdtemp(path.join(path.dirname(to), UNFINISHED));
      await orMissing(rename(to, aside));
      await rm(aside, { recursive: true, force: true, maxRetries: 3 });
    }
  }
}

async function sweep(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    if (!name.startsWith(UNFINISHED)) continue;
    const file = path.join(home, name);
    const found = await orMissing(stat(file));
    if (found !== undefined && Date.now() - found.mtimeMs > UNFINISHED_MS) await rm(file, { recursive: true, force: true });
  }
}

/** `undefined` instead of an error when the file or a directory on the way to it is missing. */
async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

/** Failures of the file system: full, not writable, no directory. */
function asInstallError(error: unknown, { name, version }: PackageReference, cacheDirectory: string): unknown {
  const code = codeOf(error);
  if (error instanceof BulkheadError || !(error instanceof Error) || code === undefined) return error;
  const what = ['ENOSPC', 'EDQUOT'].includes(code) ? 'The disk is full' : 'The cache of packages cannot be used';
  return new BulkheadError(
    'image-failed',
    `${what}: could not install ${name}@${version}.\n  ${escapeText(error.message, 300)}`,
    {
      hint: `Look at the room in ${cacheDirectory} and who may write there; XDG_CACHE_HOME names another place.`,
      cause: error,
    },
  );
}
