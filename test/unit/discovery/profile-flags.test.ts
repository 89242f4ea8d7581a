import { describe, expect, it } from 'vitest';
import { discoverTargets } from '../../../src/discovery/discover.ts';
import { assignProfiles, parseProfileFlags } from '../../../src/discovery/profile-flags.ts';
import { container, gatewayLabels, toolhiveLabels } from './fixtures.ts';

describe('parseProfileFlags', () => {
  it.each([
    [[], undefined, {}],
    [['none'], 'none', {}],
    [['profiles/strict.json'], 'profiles/strict.json', {}],
    [['fetch=fetch.json'], undefined, { fetch: 'fetch.json' }],
    [['fetch=a.json', 'network', 'github=none'], 'network', { fetch: 'a.json', github: 'none' }],
    [['fetch=./a=b.json'], undefined, { fetch: './a=b.json' }],
    [['./a=b.json'], './a=b.json', {}],
    [['C:\\a=b.json'], 'C:\\a=b.json', {}],
    [['__proto__=a.json'], undefined, JSON.parse('{"__proto__": "a.json"}')],
  ] as const)('reads %j', (values, everyone, named) => {
    const flags = parseProfileFlags(values);
    expect(flags.everyone).toBe(everyone);
    expect(flags.named).toEqual(new Map(Object.entries(named)));
  });

  it.each([
    [['none', 'network'], 'both speak for every server'],
    [[''], 'is empty'],
    [['  '], 'is empty'],
    [['=a.json'], 'lacks a name'],
    [['fetch='], 'lacks a file'],
    [['fetch=a.json', 'fetch=b.json'], 'twice'],
    [['\u001b[2J='], '\\u001b[2J'],
  ])('refuses %j', (values, message) => {
    expect(() => parseProfileFlags(values)).toThrow(
      expect.objectContaining({ code: 'usage', hint: expect.any(String), message: expect.stringContaining(message) }),
    );
  });
});

describe('assignProfiles', () => {
  const fetch = container({ name: 'fetch', labels: toolhiveLabels('fetch') });
  const one = container({ name: 'eager_babbage', labels: gatewayLabels('github') });
  const two = container({ name: 'wise_noether', labels: gatewayLabels('github') });
  const database = container({ name: 'database' });
  const world = [fetch, one, two, database];
  const { targets } = discoverTargets(world, { names: [], all: false });
  const assign = (...values: readonly string[]) => assignProfiles(parseProfileFlags(values), targets, world);

  it('finds servers by name, by id and by the name of their platform', () => {
    expect(assign('fetch=a', 'github=b', 'none')).toEqual({
      everyone: 'none',
      byTarget: new Map([
        [fetch.id, 'a'],
        [one.id, 'b'],
        [two.id, 'b'],
      ]),
    });
    expect(assign(`${one.id.slice(0, 12)}=c`).byTarget).toEqual(new Map([[one.id, 'c']]));
    expect(assign()).toEqual({ byTarget: new Map() });
  });

  it.each([
    ['a name that is nobody', ['fecth=a'], 'target-not-found', 'fecth', 'Did you mean "fetch"?'],
    [
      'a container that is not audited',
      ['database=a'],
      'target-not-found',
      'not among the servers',
      'Name the server on the command line',
    ],
    ['two flags for one server', ['fetch=a', `${fetch.id}=b`], 'usage', 'Two --profile flags', 'Keep one'],
    ['two flags for one server of a platform', ['github=a', 'wise_noether=b'], 'usage', 'Two --profile flags', 'Keep one'],
  ] as const)('refuses %s', (_what, values, code, message, hint) => {
    expect(() => assign(...values)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message), hint: expect.stringContaining(hint) }),
    );
  });
});
