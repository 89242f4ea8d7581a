import { isWithin } from './sensitive-paths.ts';

/**
 * Mount points below a directory that are mounted for writing: a read-only bind of an engine before API 1.44
 * leaves these as they are.
 * @param table text of /proc/self/mountinfo (proc_pid_mountinfo(5))
 * @param directory a real path
 */
export function writableBelow(table: string, directory: string): readonly string[] {
  const points = table.split('\n').flatMap((line) => {
    const [, , , , point, options] = line.split(' ');
    if (point === undefined || options === undefined || options.split(',').includes('ro')) return [];
    return [unescape(point)];
  });
  return [...new Set(points)].filter((point) => point !== directory && isWithin(point, directory));
}

/** The kernel writes space, tab, line feed and backslash as three octal digits. */
function unescape(text: string): string {
  // The rest of the line is bytes of UTF-8 that were read as such: only ASCII is ever escaped.
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}
