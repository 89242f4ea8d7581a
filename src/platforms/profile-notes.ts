import type { Profile } from '../model/profile.ts';
import { escapeText } from '../model/text.ts';
import type { ProfileMount } from './ways.ts';

/** What is worth saying of a profile wherever paths are mounted and the rest is the engine's. */
export function profileNotes(
  profile: Profile | undefined,
  mounts: readonly ProfileMount[],
  left: readonly string[],
): readonly string[] {
  const mode = profile?.network?.mode;
  return [
    ...mounts
      .filter(({ kind }) => kind === 'volume')
      .map(({ source }) => `The volume ${escapeText(source, 80)} is made where it does not exist, and stays.`),
    ...left.map((text) => `"${escapeText(text, 120)}" is not mounted: the engine knows no such resource.`),
    ...(mode === undefined || mode === '' || mode === 'bridge' || mode === 'none'
      ? []
      : [`The network mode "${escapeText(mode, 80)}" of the profile is not used.`]),
    ...((profile?.network?.inbound?.allow_host ?? []).length === 0
      ? []
      : ['Under which names the server may be called ("inbound") is not enforced.']),
  ];
}
