import type { Profile } from '../model/profile.ts';
import { describePolicy, egressPolicy } from '../profiles/match.ts';
import { parseMount } from '../profiles/mounts.ts';

/** How a platform is asked to run a server: as it does by itself, with nothing allowed, or by a profile. */
export type Way = 'defaults' | 'nothing' | 'profile';

/** `nothing`: no connection out; it may still name paths. */
export function wayOf(profile: Profile | undefined): Way {
  if (profile === undefined) return 'defaults';
  return egressPolicy(profile).kind === 'nothing' ? 'nothing' : 'profile';
}

/** Whether the profile says nothing that `none` does not say too. */
export function isNone(profile: Profile): boolean {
  const { read = [], write = [], network } = profile;
  return wayOf(profile) === 'nothing' && read.length + write.length + (network?.inbound?.allow_host ?? []).length === 0;
}

/** In a few words, safe to print: `api.github.com on 443`. */
export function networkWords(profile: Profile): string {
  return describePolicy(egressPolicy(profile));
}

/** A path or a volume of the engine that the profile has at a place of the container. */
export interface ProfileMount {
  readonly kind: 'bind' | 'volume';
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/**
 * The `read` and `write` entries as an engine mounts them, one for each place in the container: of two, the last one,
 * and those of `write` come last. Entries with a scheme that no engine knows are `left`.
 * @throws BulkheadError of `parseMount`
 */
export function mountsOf(profile: Profile): { readonly mounts: readonly ProfileMount[]; readonly left: readonly string[] } {
  const byTarget = new Map<string, ProfileMount>();
  const left: string[] = [];
  for (const readOnly of [true, false]) {
    for (const text of (readOnly ? profile.read : profile.write) ?? []) {
      const mount = parseMount(text);
      const { source, target } = mount;
      if (mount.form === 'resource' && mount.scheme !== 'volume') left.push(text);
      else byTarget.set(target, { kind: mount.form === 'resource' ? 'volume' : 'bind', source, target, readOnly });
    }
  }
  return { mounts: [...byTarget.values()], left };
}
