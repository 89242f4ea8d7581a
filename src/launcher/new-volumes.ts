import type { ContainerSpec } from '../model/compartment.ts';
import { numbersOf } from './server-user.ts';

/** How names of volumes begin that belong to compartments. */
export const OWN_VOLUMES = 'bulkhead-';

export interface NewVolumes {
  /** Volumes of the engine that the server may write. */
  readonly names: readonly string[];
  readonly owner: { readonly uid: number; readonly gid: number };
}

/**
 * To whom a new volume is given, which would belong to root. Undefined for root, and for a name, whose number only the
 * image knows.
 * @param user `UID[:GID]`
 */
export function volumeOwner(user: string): NewVolumes['owner'] | undefined {
  const { uid = 0, gid = 0 } = numbersOf(user) ?? {};
  return uid === 0 ? undefined : { uid, gid };
}

/** Volumes that would be of no use if they were made now. Undefined where there is none. */
export function newVolumesOf({ User, HostConfig }: ContainerSpec): NewVolumes | undefined {
  const owner = volumeOwner(User);
  const names = (HostConfig.Mounts ?? []).flatMap(({ Type, Source, ReadOnly }) =>
    // Our own volumes are made for their users.
    Type === 'volume' && !ReadOnly && !Source.startsWith(OWN_VOLUMES) ? [Source] : [],
  );
  return owner === undefined || names.length === 0 ? undefined : { names: [...new Set(names)], owner };
}
