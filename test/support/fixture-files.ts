import type { DeclarationFile } from '../../src/reporters/anchor.ts';
import { idOf } from './report.ts';

/** A file of which these lines are known: `start`, `key KEYS`, `value TEXT`. */
export function aFile(path: string, lines: Readonly<Record<string, number>>): DeclarationFile {
  const at = (number: number) => ({ number, columns: 10 });
  const those = (kind: string) =>
    Object.entries(lines).flatMap(([name, number]) =>
      name.startsWith(kind) ? [[name.slice(kind.length), at(number)] as const] : [],
    );
  return {
    path,
    lines: { start: at(lines['start'] ?? 1), keys: new Map(those('key ')), values: new Map(those('value ')) },
  };
}

/** The files of `fixtureReport`: one is in the repository, one has changed, one target has none. */
export const FIXTURE_FILES = new Map<string, DeclarationFile>([
  [
    idOf('weather'),
    aFile('profiles/weather.json', {
      'key network': 2,
      'key network.outbound': 3,
      'key network.outbound.allow_host': 4,
      'value api.weather.example': 5,
    }),
  ],
  [idOf('tickets'), { path: 'state/toolhive/runconfigs/tickets.json' }],
]);
