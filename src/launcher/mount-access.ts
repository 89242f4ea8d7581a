import type { FileFacts } from './host-files.ts';

/**
 * Whether the permission bits let a user in, as far as numbers tell: access control lists and user namespaces
 * are not seen. Root counts like anybody else, without capabilities it is.
 * @param user `UID[:GID]`
 * @returns undefined for a name, whose number the image alone knows, and where an unsaid group decides
 */
export function mayUse(user: string, { kind, uid, gid, mode }: FileFacts, write: boolean): boolean | undefined {
  const [, owner, group] = /^(\d+)(?::(\d+))?$/.exec(user) ?? [];
  if (owner === undefined) return undefined;
  const needed = (write ? 0o6 : 0o4) | (kind === 'directory' ? 0o1 : 0);
  const grants = (shift: number): boolean => ((mode >> shift) & needed) === needed;
  if (Number(owner) === uid) return grants(6);
  if (group !== undefined) return Number(group) === gid ? grants(3) : grants(0);
  return grants(3) === grants(0) ? grants(0) : undefined;
}
