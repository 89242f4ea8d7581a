import { afterEach, describe, expect, it, vi } from 'vitest';
import { homeDirectory } from '../../../src/runtime/home-directory.ts';

afterEach(() => vi.unstubAllEnvs());

describe('homeDirectory', () => {
  it.each([
    ['/home/someone', '/home/someone'],
    ['', '/'],
    ['here', '/'],
    ['.', '/'],
  ])('of HOME=%j is %s: the working directory is nobody’s home', (home, expected) => {
    vi.stubEnv('HOME', home);
    expect(homeDirectory()).toBe(expected);
  });
});
