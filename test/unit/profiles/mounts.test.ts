import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import type { MountDeclaration } from '../../../src/model/profile.ts';
import { parseMount, readMount } from '../../../src/profiles/mounts.ts';
import { profileProblems } from '../../../src/profiles/validate.ts';

describe('parseMount takes apart', () => {
  it.each<[string, MountDeclaration]>([
    ['/srv/data', { form: 'path', source: '/srv/data', target: '/srv/data' }],
    ['/srv//data/./x/', { form: 'path', source: '/srv/data/x', target: '/srv/data/x' }],
    ['/srv/with space/ü', { form: 'path', source: '/srv/with space/ü', target: '/srv/with space/ü' }],
    ['/srv/..data', { form: 'path', source: '/srv/..data', target: '/srv/..data' }],
    ['/srv/data:/data', { form: 'bind', source: '/srv/data', target: '/data' }],
    ['/:/host', { form: 'bind', source: '/', target: '/host' }],
    ['/a://b', { form: 'bind', source: '/a', target: '/b' }],
    ['C:\\data:/data', { form: 'bind', source: 'C:\\data', target: '/data' }],
    ['c:/data:/data/', { form: 'bind', source: 'c:/data', target: '/data' }],
    ['volume://cache:/cache/', { form: 'resource', scheme: 'volume', source: 'cache', target: '/cache' }],
    ['my-scheme_1://a/b:/c', { form: 'resource', scheme: 'my-scheme_1', source: 'a/b', target: '/c' }],
  ])('%s', (entry, mount) => {
    expect(parseMount(entry)).toEqual(mount);
    expect(profileProblems({ read: [entry], write: [entry] })).toEqual([]);
  });
});

describe('parseMount refuses', () => {
  it.each<[string, string]>([
    ['', 'is empty'],
    ['data', 'is relative'],
    ['./data', 'is relative'],
    [' /data', 'is relative'],
    ['data:/data', 'is relative'],
    ['~/data', 'begins with ~'],
    [':/data', 'names no path on the host'],
    ['/data:', 'names no path in the container'],
    ['/data:data', 'is not absolute'],
    ['/data:C:\\x', 'more than one colon'],
    ['/data:\\x', 'is not absolute'],
    ['/a:/b:ro', 'more than one colon'],
    ['/a:/b:/c', 'more than one colon'],
    ['/', "replace the container's whole file system"],
    ['/data:/', "replace the container's whole file system"],
    ['/data:/./', "replace the container's whole file system"],
    ['volume://v:/', "replace the container's whole file system"],
    ['/a/../b', '".." segment'],
    ['/a:/b/..', '".." segment'],
    ['../a', '".." segment'],
    ['volume://..:/b', '".." segment'],
    ['C:\\a\\..\\b:/b', '".." segment'],
    ['C:\\data', 'names no path in the container'],
    ['C:\\data:/a:/b', 'more than one colon after the drive'],
    ['C:\\data:D:\\x', 'more than one colon after the drive'],
    ['volume://cache', 'names no path in the container'],
    ['volume://:/cache', 'names no resource'],
    ['volume://cache:', 'names no path in the container'],
    ['volume://cache:data', 'is not absolute'],
    ['volume://a:b:/c', 'more than one colon after the scheme'],
    ['1x://a:/b', 'has the scheme "1x"'],
    ['://a:/b', 'has the scheme ""'],
    ['/a$HOME', 'the character $'],
    ['/a$(id)', 'the character $'],
    ['/a&b', 'the character &'],
    ['/a;b', 'the character ;'],
    ['/a|b', 'the character |'],
    ['/a`id`', 'the character `'],
    ['/a\u0000b', 'control or invisible'],
    ['/a\nb', 'control or invisible'],
    ['/a\u007f', 'control or invisible'],
    ['/a\u0085', 'control or invisible'],
    ['/a\u202eb', 'control or invisible'],
    ['/a\u2028b', 'control or invisible'],
    ['/a\ud800b', 'control or invisible'],
  ])('%j', (entry, what) => {
    expect(() => parseMount(entry)).toThrow(BulkheadError);
    expect(() => parseMount(entry)).toThrow(what);
    expect(profileProblems({ read: [entry] }).map((problem) => problem.path)).toEqual(['read[0]']);
    expect(profileProblems({ write: [entry] })[0]?.what).toContain(what);
  });

  it('with profile-invalid and a good value in the hint', () => {
    expect(() => parseMount('x')).toThrow(
      expect.objectContaining({ code: 'profile-invalid', hint: expect.stringContaining('/srv/data') }),
    );
  });
});

it('whatever is accepted has absolute, clean paths without surprises', () => {
  const piece = fc.constantFrom('/', ':', '..', '.', 'a', '\\', 'volume', '://', 'C:', '$', ' ', '~', '\n');
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(piece, { maxLength: 9 }).map((pieces) => pieces.join('')),
        fc.string({ unit: 'binary' }),
      ),
      (entry) => {
        const reading = readMount(entry);
        if (!reading.ok) return;
        const { form, source, target } = reading.mount;
        expect(target).toMatch(/^(?:\/[^/:]+)+$/);
        expect(`${source}/${target}`.split(/[/\\]/)).not.toContain('..');
        expect(form !== 'path' || source === target).toBe(true);
        expect(form === 'resource' || /^(?:\/|[A-Za-z]:[/\\])/.test(source)).toBe(true);
      },
    ),
    { numRuns: 5000 },
  );
});
