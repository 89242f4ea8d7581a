import type { ResolvedMount } from '../model/compartment.ts';
import type { MountDeclaration, Profile } from '../model/profile.ts';
import { bindMount, type MountSettings, type ResolvedMounts } from './bind-mount.ts';
import { mountEntries, refused, shown, type MountEntry } from './mount-entries.ts';
import { checkNested } from './nested-mounts.ts';
import { OWN_VOLUMES } from './new-volumes.ts';
import { isWithin } from './sensitive-paths.ts';

/**
 * The mounts of a profile with their real paths, after a look at each. An entry of `write` beats one of `read`
 * on the same container path, as in ToolHive, but only when both name the same source: there, ToolHive would
 * mount what was to be read for writing (`client.go`, addReadWriteMounts), here it is an error.
 * @throws BulkheadError `profile-invalid` for an entry that is none; `usage` for a source that is missing or
 * sensitive, one without its place in another, a scheme other than `volume`, two sources on one place, a place of the
 * compartment's own, and for reading what an older engine would leave writable
 */
export async function resolveMounts(profile: Profile, settings: MountSettings): Promise<ResolvedMounts> {
  const { entries, notes } = mountEntries(profile);
  const { files, homeDirectory } = settings;
  const realHome = homeDirectory === '' ? undefined : await files.realpath(homeDirectory).catch(() => undefined);
  const homes = [...new Set([homeDirectory, realHome ?? ''])].filter((home) => home !== '');
  const resolved: ResolvedMounts[] = [];
  for (const entry of entries) resolved.push(await resolve(entry, settings, homes));
  const mounts = resolved.flatMap((one) => one.mounts);
  await checkNested(mounts, settings.imageVolumes ?? [], files);
  return { mounts, notes: [...notes, ...resolved.flatMap((one) => one.notes), ...writableElsewhere(mounts)] };
}

async function resolve(entry: MountEntry, settings: MountSettings, homes: readonly string[]): Promise<ResolvedMounts> {
  const { mount } = entry;
  return mount.form === 'resource' ? volume(entry, mount, settings.user) : await bindMount(entry, settings, homes);
}

function volume(
  entry: MountEntry,
  { scheme, source, target }: MountDeclaration & { readonly form: 'resource' },
  user: string,
): ResolvedMounts {
  if (scheme !== 'volume') {
    throw refused(entry, `the scheme ${shown(scheme)} is not known`, 'Volumes of the engine are written "volume://name:/data".');
  }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(source)) {
    throw refused(
      entry,
      `${shown(source)} is no name of a volume`,
      'Use two or more letters, digits and _ . -, e.g. "volume://cache:/data".',
    );
  }
  if (source.startsWith(OWN_VOLUMES)) {
    throw refused(entry, 'volumes whose names begin with "bulkhead-" belong to compartments', 'Choose another name.');
  }
  return {
    mounts: [{ kind: 'volume', source, target, readOnly: entry.readOnly }],
    notes: [
      `The volume ${source} is made where it does not exist, and stays.`,
      // The image alone knows the number of a name, and a volume is given to a number.
      ...(entry.readOnly || /^\d/.test(user)
        ? []
        : [
            `A new volume is what the image makes of ${shown(target)}; --user UID:GID of ${shown(user)} makes it the server's own.`,
          ]),
    ],
  };
}

/** What is for reading at one place can be changed through another one. */
function writableElsewhere(mounts: readonly ResolvedMount[]): readonly string[] {
  const writable = mounts.filter((mount) => !mount.readOnly);
  return mounts.flatMap((mount) => {
    if (!mount.readOnly) return [];
    const through = writable.find((other) => other.kind === mount.kind && isWithin(mount.source, other.source));
    return through === undefined
      ? []
      : [`${shown(mount.source)} is for reading at ${mount.target}, and can be written through ${through.target}.`];
  });
}
