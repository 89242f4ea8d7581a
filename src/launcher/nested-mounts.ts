import { BulkheadError } from '../errors.ts';
import type { ResolvedMount } from '../model/compartment.ts';
import type { FileFacts, HostFiles } from './host-files.ts';
import { shown } from './mount-entries.ts';
import { canonicalPath, isWithin } from './sensitive-paths.ts';

/** Something that is mounted: what it is called in messages, where, and as what. */
interface Inner {
  readonly what: string;
  readonly target: string;
  readonly kind: FileFacts['kind'];
}

/**
 * Looks whether what is mounted below another mount has its place there. Where it has none the engine makes one, as
 * root and on this machine, or fails; and a link there, which an earlier server may have left, leads to another place.
 * @param imageVolumes paths of the image's VOLUME instructions: they are mounted too
 * @throws BulkheadError `usage`
 */
export async function checkNested(
  mounts: readonly ResolvedMount[],
  imageVolumes: readonly string[],
  files: HostFiles,
): Promise<void> {
  const inner: Inner[] = imageVolumes
    .filter((target) => mounts.every((mount) => mount.target !== target))
    .map((target) => ({ what: `what the image keeps in ${shown(target)}`, target, kind: 'directory' }));
  for (const { kind, source, target } of mounts) {
    const facts = kind === 'bind' ? await files.stat(source) : undefined;
    inner.push({ what: shown(source), target, kind: facts?.kind ?? 'directory' });
  }
  for (const one of inner) await checkPlace(one, mounts, files);
}

async function checkPlace({ what, target, kind }: Inner, mounts: readonly ResolvedMount[], files: HostFiles): Promise<void> {
  const outer = mounts
    .filter((mount) => mount.target !== target && isWithin(target, mount.target))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
  // What is in a volume of the engine cannot be seen from here.
  if (outer === undefined || outer.kind !== 'bind') return;
  const place = `${outer.source}${target.slice(outer.target.length)}`;
  const real = await files.realpath(place).catch(() => undefined);
  // Windows writes the same with other slashes.
  const straight = real !== undefined && canonicalPath(real) === canonicalPath(place);
  const facts = straight ? await files.stat(place) : undefined;
  if ((facts?.kind === 'directory') === (kind === 'directory') && facts !== undefined) return;
  const wrong =
    real === undefined
      ? 'does not exist'
      : straight
        ? `is no ${kind === 'directory' ? 'directory' : 'file'}`
        : `leads to ${shown(real)}`;
  throw new BulkheadError(
    'usage',
    `At ${shown(target)}, inside of the mount ${shown(outer.target)}, there is no place for ${what}: ${shown(place)} ${wrong}.`,
    { hint: 'Make it there, or mount one beside the other: nothing is made on this machine.' },
  );
}
