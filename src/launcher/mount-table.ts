import { isWithin } from './sensitive-paths.ts';

/** A line of /proc/self/mountinfo (proc_pid_mountinfo(5)). */
export interface MountPoint {
  /** `major:minor`: the same for every mount of one file system. */
  readonly device: string;
  /** The directory of the file system that is mounted. */
  readonly root: string;
  /** Where it is mounted. */
  readonly point: string;
  readonly readOnly: boolean;
}

/** Every mount point of the table, in its order; what is no line of it is left out. */
export function mountPoints(table: string): readonly MountPoint[] {
  return table.split('\n').flatMap((line) => {
    const [, , device, root, point, options] = line.split(' ');
    if (device === undefined || root === undefined || point === undefined || options === undefined) return [];
    return [{ device, root: unescape(root), point: unescape(point), readOnly: options.split(',').includes('ro') }];
  });
}

/**
 * Mount points below a directory that are mounted for writing: a read-only bind of an engine before API 1.44
 * leaves these as they are.
 * @param table text of /proc/self/mountinfo
 * @param directory a real path
 */
export function writableBelow(table: string, directory: string): readonly string[] {
  const points = mountPoints(table).flatMap(({ readOnly, point }) => (readOnly ? [] : [point]));
  return [...new Set(points)].filter((point) => point !== directory && isWithin(point, directory));
}

/** The kernel writes space, tab, line feed and backslash as three octal digits. */
function unescape(text: string): string {
  // The rest of the line is bytes of UTF-8 that were read as such: only ASCII is ever escaped.
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
