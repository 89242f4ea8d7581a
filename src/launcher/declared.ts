import { BulkheadError } from '../errors.ts';
import type { ResolvedMount } from '../model/compartment.ts';
import type { Profile } from '../model/profile.ts';
import { escapeText } from '../model/text.ts';
import { readMount } from '../profiles/mounts.ts';

/** Longest label that the audit reads, in characters (`discovery/declaration.ts`). */
const MAX_LABEL = 64 * 1024;

/**
 * The mount as an entry of `read` or `write`.
 * @throws BulkheadError `usage` when the syntax has no way to say it: a real path with a colon, a `$`, …
 */
export function mountEntry({ kind, source, target }: ResolvedMount): string {
  const entry = kind === 'volume' ? `volume://${source}:${target}` : `${source}:${target}`;
  const reading = readMount(entry);
  if (reading.ok && reading.mount.source === source && reading.mount.target === target) return entry;
  const reason = reading.ok ? 'reads as another path' : reading.what;
  throw new BulkheadError('usage', `The mount ${shown(entry)} cannot be written down in a profile: it ${reason}.`, {
    hint: 'Mount a directory whose real path has plain characters only; a bind mount on the host can give it one.',
  });
}

/**
 * The profile as it is enforced, for the label by which `bulkhead audit` measures: paths as they were
 * mounted, and no network mode that the launcher ignores.
 * @param mounts all of the server's, that of the secrets included
 * @throws BulkheadError `usage` of `mountEntry`; `profile-invalid` when it is too long for a label
 */
export function enforcedProfile(profile: Profile, mounts: readonly ResolvedMount[]): string {
  const { mode, outbound, inbound } = profile.network ?? {};
  const entries = (readOnly: boolean): readonly string[] => mounts.filter((mount) => mount.readOnly === readOnly).map(mountEntry);
  const enforced: Profile = {
    ...(profile.name === undefined ? {} : { name: profile.name }),
    read: entries(true),
    write: entries(false),
    network: {
      ...(mode === 'none' ? { mode } : {}),
      ...(outbound === undefined ? {} : { outbound }),
      ...(inbound === undefined ? {} : { inbound }),
    },
  };
  const text = JSON.stringify(enforced);
  if (text.length <= MAX_LABEL) return text;
  throw new BulkheadError(
    'profile-invalid',
    `The profile has ${text.length} characters; a label of at most ${MAX_LABEL} is read by the audit.`,
    {
      hint: 'Name domains with a leading dot instead of their hosts one by one.',
    },
  );
}

function shown(text: string): string {
  return `"${escapeText(text, 120)}"`;
}
