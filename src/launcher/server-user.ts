import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** Distroless calls it nonroot: an id that owns nothing on the host, and the one of relay and gateway. */
export const UNPRIVILEGED = '65532:65532';

/** Whom the server runs as. */
export interface ServerUser {
  /** `UID[:GID]` or a name of the image; never empty. */
  readonly user: string;
  /** The image knows nothing of this user, so it has no home there. */
  readonly homeless: boolean;
  /** Root, because a person asked for it. */
  readonly root: boolean;
  readonly notes: readonly string[];
}

/**
 * The image's user unless that is root; `--user` has the last word, even for root. A name of the image that
 * its /etc/passwd gives uid 0 cannot be seen here: the audit's HARD-005 sees it.
 * @param asked value of `--user`
 * @throws BulkheadError `usage` when `--user` is no user
 */
export function chooseUser(imageUser: string, asked: string | undefined): ServerUser {
  if (asked !== undefined) return fromFlag(asked, imageUser);
  if (!isRoot(imageUser)) return { user: imageUser, homeless: false, root: false, notes: [] };
  const said =
    imageUser === '' ? 'names no user, which means root' : `wants to run as ${escapeText(imageUser, 40)}, which is root`;
  const note = `The image ${said}: the server runs as ${UNPRIVILEGED} instead (--user decides otherwise).`;
  return { user: UNPRIVILEGED, homeless: true, root: false, notes: [note] };
}

function fromFlag(asked: string, imageUser: string): ServerUser {
  // oxlint-disable-next-line no-control-regex -- no user has a control character in it
  if (!/^[^\s:\u0000-\u001f\u007f]+(?::[^\s:\u0000-\u001f\u007f]+)?$/.test(asked)) {
    throw new BulkheadError('usage', `--user "${escapeText(asked, 60)}" is no user.`, {
      hint: 'Write UID, UID:GID or a name that the image knows, e.g. --user 1000:1000.',
    });
  }
  const root = isRoot(asked);
  const homeless = !root && numericUid(asked) !== undefined && asked !== imageUser;
  const note = 'The server runs as root, as --user asks for: a hole in the engine or in a mount is root of the host.';
  return { user: asked, homeless, root, notes: root ? [note] : [] };
}

/** The numbers of a user that is given by them; undefined for a name, whose numbers the image alone knows. */
export function numbersOf(user: string): { readonly uid: number; readonly gid: number | undefined } | undefined {
  const [, uid, gid] = /^(\d{1,10})(?::(\d{1,10}))?$/.exec(user) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: gid === undefined ? undefined : Number(gid) };
}

/** The uid, when the user is given by number as the engine reads it (Go's strconv.Atoi: signs and leading zeros count). */
function numericUid(user: string): number | undefined {
  const [uid = ''] = user.split(':');
  return /^[+-]?\d{1,10}$/.test(uid) ? Math.abs(Number(uid)) : undefined;
}

/** `''`, `root`, `0`, `00`, `-0:0`, `:5`, … */
function isRoot(user: string): boolean {
  const [name = ''] = user.trim().split(':');
  const bare = name.trim();
  return bare === '' || bare.toLowerCase() === 'root' || /^[+-]?0+$/.test(bare);
}
