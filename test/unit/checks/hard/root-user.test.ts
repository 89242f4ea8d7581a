import { rootUser } from '../../../../src/checks/hard/root-user.ts';
import type { ProcessFacts } from '../../../../src/model/observation.ts';
import { aProcess } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

type Map = ProcessFacts['uidMap'];
const facts = (uids: readonly number[], uidMap?: Map) => ({
  process: aProcess({ uids: [...uids] as [number, number, number, number] }, uidMap === undefined ? {} : { uidMap }),
});
const ROOT = [0, 0, 0, 0];

runCases(rootUser, {
  valid: [
    { name: 'a user', input: { facts: facts([1000, 1000, 1000, 1000]) }, verdicts: ['pass user'], says: /uid 1000/ },
    {
      name: 'root of a user namespace',
      input: { facts: facts(ROOT, [{ inside: 0, outside: 100_000, length: 65_536 }]) },
      verdicts: ['pass user'],
      says: /uid 100000 outside: a user namespace maps it/,
    },
    {
      name: 'root of a rootless engine',
      input: {
        facts: facts(ROOT, [
          { inside: 0, outside: 1000, length: 1 },
          { inside: 1, outside: 100_000, length: 65_536 },
        ]),
      },
      verdicts: ['pass user'],
    },
  ],
  invalid: [
    { name: 'root', input: { facts: facts(ROOT) }, verdicts: ['fail user'], shows: [/uid map: 0 -> 0, 4294967295 ids/] },
    { name: 'root in a saved uid alone', input: { facts: facts([1000, 1000, 0, 1000]) }, verdicts: ['fail user'] },
    { name: 'root in the real uid alone', input: { facts: facts([0, 1000, 1000, 1000]) }, verdicts: ['fail user'] },
    {
      name: 'a user namespace that maps root to root',
      input: {
        facts: facts(ROOT, [
          { inside: 1, outside: 100_000, length: 65_536 },
          { inside: 0, outside: 0, length: 1 },
        ]),
      },
      verdicts: ['fail user'],
    },
    { name: 'an empty map', input: { facts: facts(ROOT, []) }, verdicts: ['fail user'] },
    {
      name: 'a map that leaves root out',
      input: { facts: facts(ROOT, [{ inside: 1, outside: 100_000, length: 65_536 }]) },
      verdicts: ['fail user'],
    },
    {
      name: 'a map of no length',
      input: { facts: facts(ROOT, [{ inside: 0, outside: 100_000, length: 0 }]) },
      verdicts: ['fail user'],
    },
  ],
  undecided: [],
});
