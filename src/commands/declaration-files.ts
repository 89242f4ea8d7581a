import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { PROFILE_KEY, runConfigOf } from '../discovery/toolhive-run-config.ts';
import type { Report, ReportTarget } from '../model/report.ts';
import type { DeclarationFile, DeclarationFiles } from '../reporters/anchor.ts';
import { locateProfile, locateService, readCompose, type ComposeFile, type LocatedProfile } from './declaration-lines.ts';
import { pathIn, readInside, repositoryOf, type Repository } from './repository-file.ts';

/** A profile has at most a few thousand lines. */
const MAX_BYTES = 1024 * 1024;
/** The parser of YAML takes long for a megabyte that is made to take long. */
const MAX_COMPOSE_BYTES = 256 * 1024;
const MAX_FILES = 1000;

/**
 * The files of the repository that declare the targets, by target, for formats that point at a line: the profile that the
 * command line or the configuration names, ToolHive's run configuration, else the compose file that a container's labels
 * name. What a label or a bundle calls a file may be anything: see `readInside`. Of what is read only numbers of lines go
 * further, and those only where the file still says what was audited.
 */
export async function declarationFiles(report: Report, workingDirectory: string): Promise<DeclarationFiles> {
  const files = new Map<string, DeclarationFile>();
  const repository = await repositoryOf(workingDirectory);
  if (repository === undefined) return files;
  const profiles = readingOnce(repository.root, MAX_BYTES, locateProfile);
  // Who starts containers chooses their labels: no further than the directory that somebody works in.
  const composes = readingOnce(repository.directory, MAX_COMPOSE_BYTES, readCompose);
  for (const target of report.targets) {
    const file = (await profileFile(target, repository, profiles)) ?? (await composeFile(target, repository, composes));
    if (file !== undefined) files.set(target.id, file);
  }
  return files;
}

async function profileFile(
  { declaration: { source, location, profile } }: ReportTarget,
  repository: Repository,
  read: Reading<readonly string[], LocatedProfile>,
): Promise<DeclarationFile | undefined> {
  const runConfig = source === 'toolhive-run-config' ? runConfigOf(location) : undefined;
  const named = source === 'flag' || source === 'configuration' ? location : runConfig;
  if (named === undefined || named === '') return undefined;
  const file = path.resolve(repository.directory, named);
  const found = await read(file, runConfig === undefined ? [] : [PROFILE_KEY]);
  const at = pathIn(repository, found?.file ?? file);
  if (at === undefined || (found === undefined && !isPlain(at))) return undefined;
  const isSame = found !== undefined && isDeepStrictEqual(found.value.profile, profile);
  return { path: at, ...(isSame ? { lines: found.value.lines } : {}) };
}

/** A name that somebody would give a file: a location that was not read may be anything, a URL or a sentence. */
function isPlain(at: string): boolean {
  return /^[\w.@+ /-]+$/.test(at);
}

/** Later files override earlier ones, so the last one that has the service is asked. */
async function composeFile(
  { compose, declaration }: ReportTarget,
  repository: Repository,
  read: Reading<undefined, ComposeFile>,
): Promise<DeclarationFile | undefined> {
  for (const file of (compose?.files ?? []).toReversed()) {
    if (!/\.ya?ml$/i.test(file)) continue;
    const found = await read(file, undefined);
    const isDeclared = (profile: unknown): boolean =>
      declaration.source === 'label' && isDeepStrictEqual(profile, declaration.profile);
    const lines = found && locateService(found.value, compose?.service ?? '', isDeclared);
    const at = found && pathIn(repository, found.file);
    if (lines !== undefined && at !== undefined) return { path: at, lines };
  }
  return undefined;
}

type Reading<A, T> = (file: string, argument: A) => Promise<{ readonly file: string; readonly value: T } | undefined>;

/** Many targets share a file: each is read and understood once, and no more than so many. */
function readingOnce<A, T>(
  directory: string,
  maxBytes: number,
  understand: (text: string, argument: A) => Promise<T>,
): Reading<A, T> {
  const known = new Map<string, ReturnType<Reading<A, T>>>();
  return (file, argument) => {
    const key = JSON.stringify([file, argument]);
    const reading = known.get(key) ?? (known.size < MAX_FILES ? read(file, argument) : Promise.resolve(undefined));
    if (known.size < MAX_FILES) known.set(key, reading);
    return reading;
  };

  async function read(file: string, argument: A): ReturnType<Reading<A, T>> {
    const found = await readInside(directory, file, maxBytes);
    if (found === undefined) return undefined;
    try {
      return { file: found.file, value: await understand(found.text, argument) };
    } catch {
      return undefined;
    }
  }
}
