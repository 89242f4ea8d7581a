import { describe, expect, it } from 'vitest';
import { declaredTargets, hostPath, isDeclared, isWithin, normal } from '../../../../src/checks/support/declared-mounts.ts';

describe('paths of mounts', () => {
  it.each([
    ['/srv/data', '/srv/data'],
    ['//srv/./data/', '/srv/data'],
    ['/srv/../etc/shadow', '/etc/shadow'],
    ['/../..', '/'],
    ['', '/'],
  ])('%j is %s', (path, expected) => {
    expect(normal(path)).toBe(expected);
  });

  it.each([
    ['/host_mnt/Users/ann', '/Users/ann'],
    ['/run/desktop/mnt/host/c/Users/ann', '/c/Users/ann'],
    ['C:\\Users\\ann', '/c/Users/ann'],
    ['d:/notes', '/d/notes'],
    ['/host_mnt', '/host_mnt'],
    ['/host_mnt/../etc', '/etc'],
  ])('%j is %s on the host', (path, expected) => {
    expect(hostPath(path)).toBe(expected);
  });

  it.each([
    ['/data', '/data'],
    ['/srv/data:/data/', '/data'],
    ['volume://cache:/cache', '/cache'],
    ['C:\\notes:/notes', '/notes'],
  ])('%j declares %s inside', (entry, expected) => {
    expect(declaredTargets([entry])).toEqual([expected]);
  });

  it('a path is declared by itself and by what is above it, not by a look-alike', () => {
    const profile = { read: ['/srv/a:/a'], write: ['/b'] };
    expect(['/a', '/a/x', '/b/', '/ab', '/', '/srv/a'].map((path) => isDeclared(path, profile))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    expect(isDeclared('/a', {})).toBe(false);
  });

  it('everything is within the root, and nothing within a look-alike', () => {
    expect([isWithin('/a', '/'), isWithin('/a', '/a'), isWithin('/a/b', '/a'), isWithin('/ab', '/a')]).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
