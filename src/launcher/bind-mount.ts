import { messageOf } from '../errors.ts';
import type { ResolvedMount } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { isAtLeast, RECURSIVE_READ_ONLY_API } from './api-version.ts';
import { mountEntry } from './declared.ts';
import { contentsOf, type DirectoryContents } from './directory-contents.ts';
import type { FileFacts, HostFiles } from './host-files.ts';
import { mayUse } from './mount-access.ts';
import { otherPaths } from './mount-aliases.ts';
import { refused, shown, type MountEntry } from './mount-entries.ts';
import { writableBelow } from './mount-table.ts';
import { PROJECT_FILES } from './sensitive-home.ts';
import { isWithin, sensitivity } from './sensitive-paths.ts';

export interface MountSettings {
  /** `--mount-sensitive`. */
  readonly allowSensitive: boolean;
  /** As the environment says it; links are followed here. */
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
  readonly files: HostFiles;
  /** Text of /proc/self/mountinfo; undefined where there is none. */
  readonly mountTable: string | undefined;
  /** Of the engine, e.g. `1.41`. */
  readonly apiVersion: string;
  /** Whom the server runs as (`chooseUser`). */
  readonly user: string;
  /** The engine's socket and data on this machine, as real paths; what each is completes "it contains …". */
  readonly enginePaths?: readonly { readonly path: string; readonly what: string }[];
  /** Absolute paths of the image's VOLUME instructions. */
  readonly imageVolumes?: readonly string[];
}

export interface ResolvedMounts {
  readonly mounts: readonly ResolvedMount[];
  readonly notes: readonly string[];
}

/**
 * A file or directory of this machine, after a look at it.
 * @param homes home directories of the person, as written and as real paths
 * @throws BulkheadError `usage`
 */
export async function bindMount(entry: MountEntry, settings: MountSettings, homes: readonly string[]): Promise<ResolvedMounts> {
  const { mount, readOnly } = entry;
  refuseForeign(entry, settings.platform);
  const source = await look(entry, () => settings.files.realpath(mount.source));
  const facts = source === undefined ? undefined : await look(entry, () => settings.files.stat(source));
  if (source === undefined || facts === undefined) {
    throw refused(
      entry,
      `${shown(mount.source)} does not exist`,
      'Make it, or correct the profile: nothing is made on this machine.',
    );
  }
  const resolved: ResolvedMount = { kind: 'bind', source, target: mount.target, readOnly };
  mountEntry(resolved);
  // What is refused by its path is not walked through.
  const byPath = reasonAgainst(entry, source, facts, settings, homes);
  const contents =
    byPath === undefined && facts.kind === 'directory' ? await contentsOf(source, settings.files, settings.platform) : undefined;
  const against = byPath ?? (contents?.against === undefined ? undefined : `it ${contents.against}`);
  if (against !== undefined && !settings.allowSensitive) {
    throw refused(entry, against, 'Mount the one directory that the server needs; --mount-sensitive mounts it all the same.');
  }
  const allowed = against === undefined ? [] : [`${shown(entry.text)} is mounted although ${against} (--mount-sensitive).`];
  const content = contents === undefined || against !== undefined ? [] : contentNotes(entry, contents);
  const below = readOnly && facts.kind === 'directory' ? recursion(entry, source, settings) : [];
  const projects = readOnly || facts.kind !== 'directory' ? [] : await projectFiles(entry, source, settings.files);
  return { mounts: [resolved], notes: [...allowed, ...content, ...below, ...projects, ...permission(entry, facts, settings)] };
}

/** A path of the other kind would be another one, or none, once it is resolved here. */
function refuseForeign(entry: MountEntry, platform: NodeJS.Platform): void {
  const drive = /^[a-zA-Z]:/.test(entry.mount.source);
  if (drive === (platform === 'win32')) return;
  throw refused(
    entry,
    drive ? 'it is a path of Windows' : 'it names no drive',
    drive ? 'Write an absolute path such as "/srv/data".' : 'Write for instance "C:\\data:/data".',
  );
}

function reasonAgainst(
  entry: MountEntry,
  real: string,
  { kind }: FileFacts,
  { platform, mountTable, enginePaths }: MountSettings,
  homes: readonly string[],
): string | undefined {
  for (const path of new Set([entry.mount.source, real])) {
    const why = sensitivity(path, entry.readOnly, { homes, platform });
    if (why !== undefined) return path === entry.mount.source ? `it ${why}` : `it leads to ${shown(path)}, which ${why}`;
  }
  if (kind === 'socket') return 'it is a socket: what listens behind it is not held by a mount';
  if (kind === 'other') return 'it is neither a file nor a directory';
  for (const { path, what } of enginePaths ?? []) {
    if (isWithin(path, real)) return `it ${path === real ? 'is' : `contains ${shown(path)},`} ${what}`;
    if (isWithin(real, path)) return `it lies in ${shown(path)}, ${what}`;
  }
  for (const other of mountTable === undefined ? [] : otherPaths(mountTable, real)) {
    const why = sensitivity(other, entry.readOnly, { homes, platform });
    if (why !== undefined) return `what is there, or mounted below it, is also at ${shown(other)}, which ${escapeText(why, 200)}`;
  }
  return undefined;
}

/** What else is to be said of what a directory holds. */
function contentNotes(entry: MountEntry, { sockets, complete }: DirectoryContents): readonly string[] {
  return [
    ...(sockets.length === 0
      ? []
      : [`${shown(entry.text)} holds sockets (${sockets.join(', ')}): the server may speak to whoever listens there.`]),
    ...(complete ? [] : [`${shown(entry.text)} holds more than was looked through for credentials and sockets.`]),
  ];
}

function recursion(entry: MountEntry, source: string, { mountTable, apiVersion, platform }: MountSettings): readonly string[] {
  if (platform !== 'linux' || isAtLeast(apiVersion, RECURSIVE_READ_ONLY_API)) return [];
  if (mountTable === undefined) {
    return [
      `Whether other file systems are mounted below ${shown(source)}, which this engine would leave writable, could not be seen.`,
    ];
  }
  const [inner] = writableBelow(mountTable, source);
  if (inner === undefined) return [];
  throw refused(
    entry,
    `another file system is mounted at ${shown(inner)}, and this engine (API ${apiVersion}) would leave it writable`,
    `Recursive read-only mounts need API ${RECURSIVE_READ_ONLY_API} (Docker 25); or mount directories without other file systems below.`,
  );
}

async function projectFiles(entry: MountEntry, source: string, files: HostFiles): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of PROJECT_FILES) {
    if ((await look(entry, () => files.stat(join(source, name)))) !== undefined) found.push(name);
  }
  if (found.length === 0) return [];
  return [`The server may write ${found.join(', ')} in ${shown(source)}: programs of this machine act on what is there.`];
}

function permission(entry: MountEntry, facts: FileFacts, { user, platform }: MountSettings): readonly string[] {
  // Desktop engines show files as belonging to whoever asks.
  if (platform !== 'linux' || mayUse(user, facts, !entry.readOnly) !== false) return [];
  const { uid, gid, mode } = facts;
  const how = entry.readOnly ? 'read' : 'write';
  const owner = uid === 0 ? '' : `, or use --user ${uid}:${gid}`;
  const rights = mode.toString(8).padStart(3, '0');
  return [
    `By its permissions (owner ${uid}:${gid}, mode ${rights}) the server, as ${user}, cannot ${how} ${shown(entry.text)}: change them${owner}.`,
  ];
}

async function look<T>(entry: MountEntry, looking: () => Promise<T>): Promise<T> {
  try {
    return await looking();
  } catch (error) {
    throw refused(entry, `it cannot be looked at: ${escapeText(messageOf(error), 200)}`, 'Mount what you may read yourself.');
  }
}

function join(directory: string, name: string): string {
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}
