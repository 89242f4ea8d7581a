import type { ContainerSpec } from '../model/compartment.ts';

export interface NewVolumes {
  /** Volumes of the engine that the server may write. */
  readonly names: readonly string[];
  readonly owner: { readonly uid: number; readonly gid: number };
}

/**
 * Volumes that would be of no use if they were made now, for they would belong to root. Undefined where there is
 * none, where the server is root, or where its user is a name that only the image knows.
 */
export function newVolumesOf({ User, HostConfig }: ContainerSpec): NewVolumes | undefined {
  const [, uid, gid = '0'] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(User) ?? [];
  // Our own volumes are made for their users.
  const names = (HostConfig.Mounts ?? []).flatMap(({ Type, Source, ReadOnly, VolumeOptions }) =>
    Type === 'volume' && !ReadOnly && VolumeOptions === undefined ? [Source] : [],
  );
  return uid === undefined || Number(uid) === 0 || names.length === 0
    ? undefined
    : { names: [...new Set(names)], owner: { uid: Number(uid), gid: Number(gid) } };
}
