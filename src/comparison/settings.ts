import { capabilitiesIn } from '../checks/support/capabilities.ts';
import type { ComparisonSetting } from '../model/comparison.ts';
import type { ObservationKind, ObservationMap, ObservationSet } from '../model/observation.ts';

/** What is looked at for the settings, beside what the checks ask for. */
export const SETTING_KINDS: readonly ObservationKind[] = ['configuration', 'process', 'filesystem'];

/** How each run is set up: what the engine says and, where it can be seen, what holds inside. */
export function comparisonSettings(
  runs: readonly { readonly id: string; readonly observations: ObservationSet }[],
): readonly ComparisonSetting[] {
  return SETTINGS.map(([name, read]) => ({
    name,
    values: runs.map(({ id, observations }) => ({ run: id, value: read(observations) })),
  }));
}

const SETTINGS: readonly (readonly [string, (observations: ObservationSet) => string])[] = [
  ['networks', reading('configuration', networks)],
  [
    'proxy settings',
    reading('configuration', ({ proxyVariables }) => list([...new Set(proxyVariables.map(({ value }) => value))])),
  ],
  ['published ports', reading('configuration', published)],
  ['user', reading('process', ({ target }) => `${target.uids[1]}:${target.gids[1]}`)],
  ['effective capabilities', reading('process', ({ target }) => list(capabilitiesIn(target.capabilities.effective)))],
  ['seccomp', reading('process', ({ target }) => (target.seccomp === 2 ? 'filter' : target.seccomp === 1 ? 'strict' : 'off'))],
  ['no-new-privileges', reading('process', ({ target }) => (target.noNewPrivileges ? 'set' : 'not set'))],
  [
    'root file system',
    reading('filesystem', ({ rootReadOnly, writableDirectory }) =>
      rootReadOnly ? 'read-only' : writableDirectory === undefined ? 'mounted writable, nothing to write found' : 'writable',
    ),
  ],
  ['mounts', reading('configuration', mounts)],
];

function reading<K extends ObservationKind>(
  kind: K,
  read: (facts: ObservationMap[K]) => string,
): (observations: ObservationSet) => string {
  return (observations) => {
    const outcome = observations[kind];
    return outcome?.state === 'observed' ? read(outcome.facts as ObservationMap[K]) : 'could not look';
  };
}

function networks({ networkMode, networks: attached }: ObservationMap['configuration']): string {
  const real = attached.filter(({ driver }) => driver !== 'host' && driver !== 'null');
  if (real.length > 0) return list(real.map(({ name, internal }) => `${name} (Internal ${internal})`));
  // The id of another container says nothing to a reader; that it is another's namespace does.
  return networkMode.startsWith('container:') ? 'none (shared with a helper)' : networkMode;
}

function published({ publishedPorts }: ObservationMap['configuration']): string {
  return list(publishedPorts.map(({ address, port, containerPort }) => `${address}:${port} to ${containerPort}`));
}

function mounts({ mounts: all }: ObservationMap['configuration']): string {
  return list(all.map(({ type, source, target, readOnly }) => `${source || type} at ${target} ${readOnly ? 'ro' : 'rw'}`));
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
