import type { ConfiguredMount } from '../../model/observation.ts';
import type { Profile } from '../../model/profile.ts';

/** An entry of `read` or `write`, taken apart. */
interface Entry {
  /** Path on the host, or the name of the resource. */
  readonly source: string;
  readonly resource: boolean;
  readonly target: string;
}

/**
 * `path`, `host:container` or `scheme://resource:container`. Read here anew and not by the code that the
 * launcher uses: one mistake in both would hide itself.
 */
function entriesOf(entries: readonly string[] | undefined): readonly Entry[] {
  return (entries ?? []).map((entry) => {
    const rest = entry.replace(/^[a-zA-Z][a-zA-Z0-9_-]*:\/\//, '');
    const resource = rest !== entry;
    const colon = rest.lastIndexOf(':');
    const source = colon < 0 ? rest : rest.slice(0, colon);
    return {
      source: resource ? source : hostPath(source),
      resource,
      target: normal(colon < 0 ? rest : rest.slice(colon + 1)),
    };
  });
}

/** The paths inside the container that a list of `read` or `write` entries names. */
export function declaredTargets(entries: readonly string[] | undefined): readonly string[] {
  return entriesOf(entries).map(({ target }) => target);
}

/** Whether a path inside is a declared one, or below one; says nothing about what is mounted there. */
export function isDeclared(path: string, profile: Profile): boolean {
  const own = normal(path);
  return allOf(profile).some(({ target }) => own === target || own.startsWith(`${target}/`));
}

/**
 * Whether an entry names a mount, its place inside and what is mounted there: another directory of the host
 * at a declared place is not what was declared.
 */
export function declaresMount(profile: Profile, mount: Pick<ConfiguredMount, 'type' | 'source' | 'target'>): boolean {
  const inside = normal(mount.target);
  return allOf(profile).some(({ source, resource, target }) => {
    if (inside !== target && !inside.startsWith(`${target}/`)) return false;
    if (mount.type !== 'bind') return !resource || source === mount.source;
    const below = inside.slice(target.length);
    return !resource && hostPath(mount.source) === normal(`${source}${below}`);
  });
}

function allOf(profile: Profile): readonly Entry[] {
  return [...entriesOf(profile.read), ...entriesOf(profile.write)];
}

/** An absolute path without doubled or trailing slashes and without `.` and `..`. */
export function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return `/${parts.join('/')}`;
}

/** A path inside by which a socket is known: /var/run is a link to /run in nearly every image. */
export function canonical(path: string): string {
  return normal(path).replace(/^\/var\/run(?=\/|$)/, '/run');
}

/** A path on the host as its user knows it: desktop engines see it under a prefix, drives of Windows as `/c/…`. */
export function hostPath(source: string): string {
  const drive = /^([a-zA-Z]):[/\\]/.exec(source)?.[1];
  const unix = drive === undefined ? source : `/${drive.toLowerCase()}/${source.slice(3).replaceAll('\\', '/')}`;
  return normal(normal(unix).replace(/^\/(?:host_mnt|run\/desktop\/mnt\/host)(?=\/)/, ''));
}

/** Whether `path` is `ancestor` or below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`);
}
