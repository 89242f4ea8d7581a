import { describe, expect, it } from 'vitest';
import {
  proxyVariables,
  withJoinedNetworks,
  withoutCredentials,
  type InspectedContainer,
} from '../../../src/runtime/containers.ts';

describe('proxy variables', () => {
  it('are found in any case, and only those', () => {
    const found = proxyVariables([
      'HTTP_PROXY=http://p:1',
      'https_proxy=http://q:2',
      'NO_PROXY=x',
      'PATH=/bin',
      'ALL_PROXY=',
      'HTTP_PROXY_X=1',
    ]);
    expect(found.map(({ name }) => name)).toEqual(['HTTP_PROXY', 'https_proxy']);
  });
  it.each([
    ['http://user:secret@proxy:3128', 'http://proxy:3128'],
    ['user:secret@proxy:3128', 'http://proxy:3128'],
    ['http://proxy:3128/path?token=secret', 'http://proxy:3128'],
    ['http://[bad', '(not a URL)'],
  ])('are shown without what is secret in them: %s', (value, shown) => {
    expect(withoutCredentials(value)).toBe(shown);
  });
});

describe('a container that joined a network namespace', () => {
  const container = (id: string, networkMode: string, networks: readonly string[]): InspectedContainer =>
    ({
      id,
      name: `name-${id}`,
      configuration: { networkMode, networks: networks.map((name) => ({ name })) },
    }) as unknown as InspectedContainer;
  const networksOf = (one: InspectedContainer, all: readonly InspectedContainer[]): readonly string[] =>
    withJoinedNetworks(one, all).configuration.networks.map(({ name }) => name);
  const owner = container('owner', 'shared', ['shared']);
  const first = container('first', 'container:owner', []);
  const second = container('second', 'container:name-first', []);

  it('is where the owner is, also through a third one', () => {
    expect(networksOf(first, [owner, first, second])).toEqual(['shared']);
    expect(networksOf(second, [owner, first, second])).toEqual(['shared']);
    expect(networksOf(owner, [owner, first])).toEqual(['shared']);
  });
  it('keeps what it has when the owner is gone, and a circle ends', () => {
    expect(networksOf(first, [first])).toEqual([]);
    const [a, b] = [container('a', 'container:b', []), container('b', 'container:a', [])];
    expect(networksOf(a, [a, b])).toEqual([]);
  });
});
