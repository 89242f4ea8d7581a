import { isWithin } from './sensitive-paths.ts';

/** What the engine or the compartment itself puts there; a mount in it would replace or undo that. */
const TAKEN = [
  '/proc',
  '/sys',
  '/dev',
  '/run/secrets',
  '/run/bulkhead',
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/hostname',
] as const;

/**
 * Why nothing may be mounted at a path of the container, as the rest of a sentence; undefined when it may.
 * Below /tmp there is room, in place of /tmp there is not: it is memory, sized and without execution.
 */
export function targetProblem(target: string): string | undefined {
  // A link in nearly every image: what is mounted there lands in /run.
  const own = target.replace(/^\/var\/run(?=\/|$)/, '/run');
  if (own === '/tmp') return 'would replace /tmp, which is memory of the compartment';
  const taken = TAKEN.find((path) => isWithin(own, path) || isWithin(path, own));
  if (taken === undefined) return undefined;
  return isWithin(own, taken)
    ? `lies in ${taken}, which belongs to the compartment`
    : `contains ${taken}, which belongs to the compartment`;
}
