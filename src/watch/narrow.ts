import type { Subject } from '../engine/request.ts';
import type { Scope } from './touched.ts';

/**
 * The servers to look at: those that were touched, and those that share a network with one of them or are on one that one
 * of them has left, since these may reach it now or not any more. None where no server was touched.
 * @param known ids of the servers of the scans before, for those that are gone
 */
export function narrow(subjects: readonly Subject[], scope: Scope, known: ReadonlySet<string>): readonly Subject[] {
  if (scope === 'everything') return subjects;
  const touched = subjects.filter(({ target }) => scope.containers.has(target.id));
  const gone = [...scope.containers].some((id) => known.has(id));
  if (touched.length === 0 && !gone && scope.containers.size > 0) return [];
  const shared = new Set([...scope.networks, ...touched.flatMap(networksOf)]);
  return subjects.filter((subject) => touched.includes(subject) || networksOf(subject).some((network) => shared.has(network)));
}

/** By id and by name, as events have either. Those without a network (driver `null`) share none. */
function networksOf({ container }: Subject): readonly string[] {
  return container.configuration.networks.flatMap(({ id, name, driver }) => (driver === 'null' ? [] : [id, name]));
}
