import { describe, expect, it } from 'vitest';
import { proxyVariables, withoutCredentials } from '../../../src/runtime/containers.ts';

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
