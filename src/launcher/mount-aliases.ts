import { mountPoints } from './mount-table.ts';
import { isWithin } from './sensitive-paths.ts';

/**
 * Other paths of this machine at which the same files are: those of a directory, and those of file systems that are
 * mounted below it. A bind mount has no link that realpath could follow.
 * @param table text of /proc/self/mountinfo (proc_pid_mountinfo(5))
 * @param path a real path
 */
export function otherPaths(table: string, path: string): readonly string[] {
  const points = mountPoints(table);
  // Of two at one place the later one is seen.
  const around = points
    .filter(({ point }) => isWithin(path, point))
    .reduce<(typeof points)[number] | undefined>(
      (best, one) => (best === undefined || one.point.length >= best.point.length ? one : best),
      undefined,
    );
  const below = points.filter(({ point }) => point !== path && isWithin(point, path));
  const places = [
    ...(around === undefined ? [] : [{ device: around.device, inside: join(around.root, rest(path, around.point)) }]),
    ...below.map(({ device, root }) => ({ device, inside: root })),
  ];
  const others = places.flatMap(({ device, inside }) =>
    points.flatMap((one) => {
      if (one.device !== device) return [];
      if (isWithin(inside, one.root)) return [join(one.point, rest(inside, one.root))];
      return isWithin(one.root, inside) ? [one.point] : [];
    }),
  );
  return [...new Set(others)].filter((other) => !isWithin(other, path));
}

/** What comes after an ancestor, without a slash at its beginning. */
function rest(path: string, ancestor: string): string {
  return path.slice(ancestor.length).replace(/^\//, '');
}

function join(directory: string, name: string): string {
  if (name === '') return directory;
  return directory.endsWith('/') ? `${directory}${name}` : `${directory}/${name}`;
}
