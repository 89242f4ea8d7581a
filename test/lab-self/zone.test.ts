import { describe, expect, it } from 'vitest';
import { answer } from '../../lab/internet/zone.ts';
import { LabError } from '../../lab/errors.ts';
import { labPaths } from '../../lab/paths.ts';

describe("the name server's zones", () => {
  it.each([
    ['canary.test', 'A', 'NOERROR', ['203.0.113.10']],
    ['canary.test', 'AAAA', 'NOERROR', ['2001:db8:203::10']],
    ['operator.test', 'A', 'NOERROR', ['203.0.113.20']],
    ['evilallowed.test', 'A', 'NOERROR', ['203.0.113.10']],
    ['allowed.test.operator.test', 'A', 'NOERROR', ['203.0.113.20']],
    ['parked.test', 'A', 'NOERROR', ['203.0.113.200']],
    ['other.allowed.test', 'A', 'NXDOMAIN', []],
    ['test', 'A', 'NOERROR', []],
    ['exfil.test', 'A', 'NOERROR', []],
    ['other.example', 'A', 'NXDOMAIN', []],
    ['canarytest', 'A', 'REFUSED', []],
    ['.', 'NS', 'REFUSED', []],
  ])('%s %s is %s', (name, type, rcode, addresses) => {
    expect(answer(name, type, {})).toMatchObject({ rcode, addresses });
  });

  it('gives each exfiltrated label an address that the label decides', () => {
    const [one] = answer('secret-one.exfil.test', 'A', {}).addresses;
    expect(one).toMatch(/^203\.0\.113\.\d+$/);
    expect(Number(one?.split('.')[3])).toBeGreaterThanOrEqual(128);
    expect(answer('secret-one.exfil.test', 'A', {}).addresses).toEqual([one]);
    const all = new Set(Array.from({ length: 500 }, (_, n) => answer(`n${n}.exfil.test`, 'A', {}).addresses[0]));
    expect(all.size).toBeGreaterThan(100);
  });

  it('answers names that a test adds', () => {
    expect(answer('rebind.test', 'A', { 'rebind.test': ['127.0.0.1'] }).addresses).toEqual(['127.0.0.1']);
  });
});

describe("a lab's id", () => {
  it.each(['', 'A', '../x', 'a'.repeat(25), '9lab', 'a b'])('cannot be %j', (id) => {
    expect(() => labPaths(id)).toThrow(LabError);
  });
});
