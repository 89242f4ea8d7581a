import { BulkheadError } from '../errors.ts';
import type { MountDeclaration } from '../model/profile.ts';
import { show } from './problems.ts';

export type MountReading =
  | { readonly ok: true; readonly mount: MountDeclaration }
  | { readonly ok: false; readonly what: string; readonly good: string };

/** What ToolHive refuses in a path (`validatePath`, toolhive-core `permissions/profile.go`). */
const SHELL = /[$&;|`]/;
/** Controls, line separators, marks that reorder text, lone surrogates: nothing a path needs. */
const INVISIBLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;
const RESOURCE = /^([^/:]*):\/\/(.*)$/s;
const SCHEME = /^[a-zA-Z][a-zA-Z0-9_-]*$/;
const DRIVE = /^[a-zA-Z]:[/\\]/;

const GOOD_PATH = 'Write an absolute path such as "/srv/data", or "/srv/data:/data"';
const GOOD_RESOURCE = 'Write for instance "volume://name:/data"';

/**
 * Takes an entry of `read` or `write` apart: `path`, `host-path:container-path` or
 * `scheme://resource:container-path`. Paths come back without doubled or trailing slashes.
 * @throws BulkheadError `profile-invalid`
 */
export function parseMount(entry: string): MountDeclaration {
  const reading = readMount(entry);
  if (!reading.ok) throw new BulkheadError('profile-invalid', `mount ${show(entry)} ${reading.what}`, { hint: reading.good });
  return reading.mount;
}

/** The same without an exception, for the list of problems. Stricter than ToolHive about relative paths and `..`. */
export function readMount(entry: string): MountReading {
  if (entry === '') return bad('is empty');
  if (INVISIBLE.test(entry)) return bad('has control or invisible characters');
  const shell = SHELL.exec(entry);
  if (shell !== null) return bad(`has the character ${shell[0]}, which ToolHive refuses in mounts ($ & ; | and the backtick)`);
  if (entry.split(/[:/\\]/).includes('..')) return bad('has a ".." segment', 'Write the path that is meant, without ".."');
  const [, scheme, rest] = RESOURCE.exec(entry) ?? [];
  if (scheme !== undefined && rest !== undefined) return readResource(scheme, rest);
  return DRIVE.test(entry) ? readDrive(entry) : readPath(entry);
}

function readPath(entry: string): MountReading {
  const [source = '', target, ...more] = entry.split(':');
  if (more.length > 0) return bad('has more than one colon', `${GOOD_PATH}; a ":ro" is said by putting the entry into "read"`);
  if (!source.startsWith('/')) return bad(relativeReason(source));
  if (target === undefined) return clean(source) === '/' ? rootTarget() : done('path', clean(source), clean(source));
  return badTarget(target) ?? done('bind', clean(source), clean(target));
}

/** A host path of Windows has a colon of its own; the container is Linux all the same. */
function readDrive(entry: string): MountReading {
  const [drive = '', path = '', target, ...more] = entry.split(':');
  if (more.length > 0) return bad('has more than one colon after the drive');
  if (target === undefined) return bad('names no path in the container', 'Write for instance "C:\\data:/data"');
  return badTarget(target) ?? done('bind', `${drive}:${path}`, clean(target));
}

function readResource(scheme: string, rest: string): MountReading {
  if (!SCHEME.test(scheme)) return bad(`has the scheme ${show(scheme)}, which is none`, GOOD_RESOURCE);
  const [source = '', target, ...more] = rest.split(':');
  if (more.length > 0) return bad('has more than one colon after the scheme', GOOD_RESOURCE);
  if (source === '') return bad('names no resource', GOOD_RESOURCE);
  if (target === undefined) return bad('names no path in the container', GOOD_RESOURCE);
  return badTarget(target) ?? { ok: true, mount: { form: 'resource', scheme, source, target: clean(target) } };
}

function badTarget(target: string): MountReading | undefined {
  if (target === '') return bad('names no path in the container');
  if (!target.startsWith('/')) return bad(`has the container path ${show(target)}, which is not absolute`);
  return clean(target) === '/' ? rootTarget() : undefined;
}

function relativeReason(source: string): string {
  if (source === '') return 'names no path on the host';
  if (source.startsWith('~')) return 'begins with ~, which nothing expands';
  return 'is relative: it would depend on the working directory of whoever deploys';
}

function rootTarget(): MountReading {
  return bad("would replace the container's whole file system", 'Mount below a directory, e.g. "/:/host"');
}

function bad(what: string, good: string = GOOD_PATH): MountReading {
  return { ok: false, what, good };
}

function done(form: 'path' | 'bind', source: string, target: string): MountReading {
  return { ok: true, mount: { form, source, target } };
}

/** Doubled slashes, `.` segments and a trailing slash, as Go's path.Clean does; `..` was refused before. */
function clean(path: string): string {
  return `/${path
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
    .join('/')}`;
}
