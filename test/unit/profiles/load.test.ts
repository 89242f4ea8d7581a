import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { loadProfile, MAX_PROFILE_BYTES, parseProfile } from '../../../src/profiles/load.ts';

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'bulkhead-profiles-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

async function errorOf(reference: string): Promise<BulkheadError> {
  const result = await loadProfile(reference).catch((error: unknown) => error);
  if (!(result instanceof BulkheadError)) throw new Error('no BulkheadError', { cause: result });
  expect(result.hint).toBeTruthy();
  expect(result.message).not.toMatch(/[^\P{Cc}\n]/u);
  return result;
}

describe('loadProfile', () => {
  it.each(['none', 'network'] as const)('knows %s', async (name) => {
    expect(await loadProfile(name)).toEqual({ profile: BUILT_IN_PROFILES[name], remarks: [], location: `built-in:${name}` });
  });

  it('reads a file', async () => {
    const path = file('good.json', '{"network": {"outbound": {"allow_host": ["api.example.com"]}}}\n');
    expect(await loadProfile(path)).toEqual({
      profile: { network: { outbound: { allow_host: ['api.example.com'] } } },
      remarks: [expect.objectContaining({ code: 'hosts-without-ports' })],
      location: path,
    });
  });

  it('reads a file through a symbolic link', async () => {
    const link = join(dir, 'link.json');
    symlinkSync(file('linked.json', '{}'), link);
    expect(await loadProfile(link)).toEqual({ profile: {}, remarks: [], location: link });
  });

  it('reads a file of exactly the limit', async () => {
    expect((await loadProfile(file('limit.json', `{}${' '.repeat(MAX_PROFILE_BYTES - 2)}`))).profile).toEqual({});
  });
});

describe('what is there and cannot be read', () => {
  it('missing file', async () => {
    const error = await errorOf(join(dir, 'missing.json'));
    expect(error.code).toBe('profile-unreadable');
    expect(error.message).toContain('there is no file');
    expect(error.hint).toContain('none, network');
  });

  it.each<[string, string]>([
    ['strict', 'Give none, network or the path of a JSON file.'],
    ['None', 'Did you mean none?'],
    ['netwrok', 'Did you mean network?'],
    ['stdio', 'Did you mean none?'],
  ])('unknown name %s lists the built-ins', async (name, hint) => {
    const error = await errorOf(name);
    expect(error.code).toBe('profile-unreadable');
    expect(error.message).toBe(`there is no profile ${name}: neither a built-in one (none, network) nor a file`);
    expect(error.hint).toContain(hint);
  });

  it('the empty reference', async () => {
    expect((await errorOf('')).code).toBe('profile-unreadable');
  });

  it('a reference with control characters', async () => {
    expect((await errorOf('\u001b[31mx\n')).message).toContain('\\u001b[31mx\\u000a');
    expect((await errorOf('a\u0000b')).code).toBe('profile-unreadable');
  });

  it('directory', async () => {
    mkdirSync(join(dir, 'folder'));
    expect((await errorOf(join(dir, 'folder'))).message).toMatch(/folder is a directory$/);
  });

  it('a path through a file', async () => {
    expect((await errorOf(join(file('plain', '{}'), 'x'))).message).toContain('a part of the path is no directory');
  });

  it('links in a circle', async () => {
    symlinkSync(join(dir, 'loop'), join(dir, 'loop'));
    expect((await errorOf(join(dir, 'loop'))).message).toContain('go in a circle');
  });

  it('a named pipe, without waiting for a writer', async () => {
    const pipe = join(dir, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await errorOf(pipe)).message).toContain('is not a regular file');
  });

  it('a file that is too large, by its size alone', async () => {
    const path = file('large.json', '');
    truncateSync(path, 10 * 1024 ** 3);
    const error = await errorOf(path);
    expect(error.code).toBe('profile-unreadable');
    expect(error.message).toContain('is larger than 1048576 bytes and was not read');
  });

  it.skipIf(process.platform !== 'linux')('a file whose size is a lie, e.g. in /proc (Linux only)', async () => {
    await expect(loadProfile('/proc/self/status', { maxBytes: 16 })).rejects.toThrow('is larger than 16 bytes');
  });

  it.skipIf(process.platform !== 'linux')('a file that fails in the middle of reading (Linux only)', async () => {
    expect((await errorOf('/proc/self/mem')).message).toContain('cannot be read (EIO)');
  });

  it.skipIf(process.getuid?.() === 0)('a file without permission (root may read everything: not as root)', async () => {
    const path = file('secret.json', '{}');
    chmodSync(path, 0);
    expect((await errorOf(path)).message).toContain('permission denied');
  });
});

describe('what can be read and is no profile', () => {
  it.each<[string, string | Uint8Array, string]>([
    ['empty', '', 'is empty'],
    ['only white space', ' \n\t ', 'is empty'],
    ['YAML', 'network:\n  outbound: {}\n', 'is not valid JSON: line 1, column 1: expected a value, found n'],
    [
      'a trailing comma',
      '{\n  "read": [],\n}\n',
      'is not valid JSON: line 3, column 1: expected a key in double quotes, found }',
    ],
    ['a comment', '{} // all', 'line 1, column 4'],
    ['a repeated key', '{"network": {},\n "network": {}}', 'line 2, column 2: the same key twice'],
    ['a byte order mark', '\ufeff{}', 'begins with a byte order mark'],
    ['Latin-1', Uint8Array.from([0x7b, 0x22, 0xe4, 0x22, 0x7d]), 'is not UTF-8 text'],
    ['UTF-16', Uint8Array.from([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00]), 'is not UTF-8 text'],
    ['an encoded surrogate', Uint8Array.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'is not UTF-8 text'],
    ['binary zeros', Uint8Array.from([0, 0, 0]), 'line 1, column 1: expected a value, found the character U+0000'],
    ['deep nesting', '['.repeat(100_000), 'nested more than 32 deep'],
    ['a list', '[]', 'is not a valid profile: 1 problem'],
    ['an unknown key', '{"netwrok": {}}', 'Did you mean "network"?'],
  ])('%s', async (title, content, message) => {
    const error = await errorOf(file(`${title}.json`, content));
    expect(error.code).toBe('profile-invalid');
    expect(error.message).toContain(message);
    expect(error.message).toContain(`${title}.json`);
  });
});

it('parseProfile takes a text from elsewhere', () => {
  expect(parseProfile('{"privileged": true}', 'label x').remarks.map((remark) => remark.code)).toEqual(['privileged']);
  expect(() => parseProfile('{', 'label \u001bx')).toThrow('label \\u001bx is not valid JSON: line 1, column 2');
});
