import type { Profile } from '../../model/profile.ts';

/**
 * The paths inside the container that a list of `read` or `write` entries names: `path`, `host:container` or
 * `scheme://resource:container`. Read here anew and not by the code that the launcher uses: one mistake in
 * both would hide itself.
 */
export function declaredTargets(entries: readonly string[] | undefined): readonly string[] {
  return (entries ?? []).map((entry) => {
    const rest = entry.replace(/^[a-zA-Z][a-zA-Z0-9_-]*:\/\//, '');
    const colon = rest.lastIndexOf(':');
    return normal(colon < 0 ? rest : rest.slice(colon + 1));
  });
}

/** Whether a mounted path is a declared one, or below one. */
export function isDeclared(path: string, profile: Profile): boolean {
  const own = normal(path);
  return [...declaredTargets(profile.read), ...declaredTargets(profile.write)].some((declared) => own === declared || own.startsWith(`${declared}/`));
}

export function normal(path: string): string {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return `/${parts.join('/')}`;
}

/** Whether `path` is `ancestor` or below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`);
}
