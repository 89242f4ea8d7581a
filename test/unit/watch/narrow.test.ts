import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../src/engine/request.ts';
import { narrow } from '../../../src/watch/narrow.ts';

const subject = (id: string, ...networks: readonly string[]): Subject =>
  ({
    target: { id },
    container: {
      configuration: {
        networks: networks.map((name) => ({ id: `id-of-${name}`, name, driver: name === 'none' ? 'null' : 'bridge' })),
      },
    },
  }) as unknown as Subject;
const ALL = [
  subject('a', 'inner'),
  subject('b', 'inner', 'outer'),
  subject('c', 'outer'),
  subject('d', 'none'),
  subject('e', 'none'),
];
const scope = (containers: readonly string[], networks: readonly string[] = []) => ({
  containers: new Set(containers),
  networks: new Set(networks),
});
const ids = (subjects: readonly Subject[]): string => subjects.map(({ target }) => target.id).join('');

describe('what is looked at', () => {
  it.each<readonly [string, ReturnType<typeof scope> | 'everything', readonly string[], string]>([
    ['all of it when everything is asked for', 'everything', [], 'abcde'],
    ['a server, and whoever shares a network with it', scope(['a']), [], 'ab'],
    ['a server, and whoever is on the network that it left, by id or by name', scope(['a'], ['outer']), [], 'abc'],
    ['the same by id', scope(['d'], ['id-of-outer']), [], 'bcd'],
    ['a server without a network alone: having none is not shared', scope(['d']), [], 'd'],
    ['nothing for a container that is no server', scope(['x'], ['inner']), [], ''],
    ['the neighbours of a server that is gone', scope(['x'], ['inner']), ['x'], 'ab'],
    ['whoever is on a network that changed itself', scope([], ['inner']), [], 'ab'],
  ])('is %s', (_, asked, known, expected) => {
    expect(ids(narrow(ALL, asked, new Set(known)))).toBe(expected);
  });
});
