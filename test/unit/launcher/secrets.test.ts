import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BulkheadError } from '../../../src/errors.ts';
import { secretFilesUntil, type SecretFiles, type SecretSource } from '../../../src/launcher/secret-files.ts';
import {
  MAX_SECRET_BYTES,
  parseSecretFlag,
  readSecrets,
  type SecretFlags,
  type Secrets,
  type SecretSettings,
} from '../../../src/launcher/secrets.ts';

function text(content: string | Uint8Array, mode: number | undefined = 0o600): SecretSource {
  return { content: typeof content === 'string' ? new TextEncoder().encode(content) : content, mode };
}

function disk(files: Readonly<Record<string, SecretSource>>): SecretFiles {
  return {
    read: (path) =>
      path === '/locked'
        ? Promise.reject(Object.assign(new Error('EACCES, canary'), { code: 'EACCES' }))
        : Promise.resolve(Object.hasOwn(files, path) ? files[path] : undefined),
  };
}

function settings(changes: Partial<SecretSettings> = {}): SecretSettings {
  return { caller: {}, files: disk({}), platform: 'linux', ...changes };
}

function read(flags: Partial<SecretFlags>, changes: Partial<SecretSettings> = {}): Promise<Secrets> {
  return readSecrets({ asFile: [], asEnv: [], ...flags }, settings(changes));
}

async function failure(flags: Partial<SecretFlags>, changes: Partial<SecretSettings> = {}): Promise<BulkheadError> {
  const error: unknown = await read(flags, changes).then(
    () => new Error('nothing was thrown'),
    (reason: unknown) => reason,
  );
  if (error instanceof BulkheadError) return error;
  throw error;
}

const decoded = (content: Uint8Array | undefined): string => new TextDecoder().decode(content);

describe('a secret', () => {
  it('is taken apart', () => {
    expect(parseSecretFlag('--secret', 'TOKEN=file:/a=b:c', 0)).toEqual({
      name: 'TOKEN',
      from: { kind: 'file', path: '/a=b:c' },
    });
    expect(parseSecretFlag('--secret-as-env', '_t1=env:MY_TOKEN', 0)).toEqual({
      name: '_t1',
      from: { kind: 'env', variable: 'MY_TOKEN' },
    });
  });

  it('is a file byte for byte, and a variable without one line end', async () => {
    const files = disk({ '/t': text('line\r\n\n'), '/crlf': text('x\r\n'), '/bin': text(new Uint8Array([0, 255])) });
    const secrets = await read(
      { asFile: ['A=file:/t', 'B=file:/bin', 'C=env:V'], asEnv: ['D=file:/t', 'E=file:/crlf', 'F=env:V'] },
      { files, caller: { V: 'value\n' } },
    );
    expect(secrets.files.map(({ name }) => name)).toEqual(['A', 'B', 'C']);
    expect(decoded(secrets.files[0]?.content)).toBe('line\r\n\n');
    expect([...(secrets.files[1]?.content ?? [])]).toEqual([0, 255]);
    expect(decoded(secrets.files[2]?.content)).toBe('value\n');
    expect(secrets.env).toEqual(['D=line\r\n', 'E=x', 'F=value']);
    expect(secrets.notes).toEqual(['D', 'E', 'F'].map((name) => expect.stringContaining(`The secret ${name} is a variable`)));
  });

  it('in a file that others may use is mentioned, where modes mean something', async () => {
    const files = disk({ '/t': text('x', 0o640), '/pipe': { content: new Uint8Array([1]), mode: undefined } });
    expect((await read({ asFile: ['T=file:/t'] }, { files })).notes).toEqual([
      expect.stringMatching(/"\/t" \(mode 640\); chmod 600/),
    ]);
    expect((await read({ asFile: ['T=file:/t'] }, { files, platform: 'win32' })).notes).toEqual([]);
    expect((await read({ asFile: ['T=file:/pipe'] }, { files })).notes).toEqual([]);
  });

  it.each<[string, Partial<SecretFlags>, string]>([
    ['no name', { asFile: ['A=env:V', 'value'] }, '--secret number 2'],
    ['an odd name', { asFile: ['A/B=env:V'] }, '--secret number 1'],
    ['a path as a name', { asEnv: ['..=env:V'] }, '--secret-as-env number 1'],
    ['no source', { asFile: ['A=value'] }, '--secret A names neither'],
    ['an unknown source', { asFile: ['A=vault:x'] }, '--secret A names neither'],
    ['an empty path', { asFile: ['A=file:'] }, '--secret A names neither'],
    ['an odd variable', { asFile: ['A=env:1 2'] }, 'no valid variable'],
    ['an unset variable', { asFile: ['A=env:GONE'] }, 'the variable GONE is not set'],
    ['a missing file', { asEnv: ['A=file:/gone'] }, '--secret-as-env A: there is no file "/gone"'],
    ['a file that cannot be read', { asFile: ['A=file:/locked'] }, 'cannot be read (EACCES)'],
    ['nothing in it', { asFile: ['A=env:EMPTY'] }, 'is empty'],
    ['nothing but a line end as a variable', { asEnv: ['A=file:/newline'] }, 'is empty'],
    ['too much', { asFile: ['A=file:/large'] }, 'longer than 512 KiB'],
    ['too much for a variable', { asEnv: ['A=file:/limit'] }, '128 KiB'],
    ['a zero byte as a variable', { asEnv: ['A=file:/zero'] }, 'zero byte'],
    ['what is no text as a variable', { asEnv: ['A=file:/binary'] }, 'UTF-8'],
    ['a name twice', { asFile: ['A=env:V', 'A=env:V'] }, 'A is given twice'],
    ['a name in both flags', { asFile: ['A=env:V'], asEnv: ['A=env:V'] }, 'A is given twice'],
  ])('is refused with %s', async (_, flags, said) => {
    const files = disk({
      '/large': text(new Uint8Array(MAX_SECRET_BYTES + 1).fill(65)),
      '/limit': text(new Uint8Array(MAX_SECRET_BYTES).fill(65)),
      '/zero': text('canary\0'),
      '/binary': text(new Uint8Array([0xff, 0xfe])),
      '/newline': text('\n'),
    });
    const error = await failure(flags, { files, caller: { V: 'canary', EMPTY: '' } });
    expect(error).toMatchObject({ code: 'usage', hint: expect.any(String) });
    expect(error.message).toContain(said);
    expect(`${error.message}${error.hint ?? ''}`).not.toContain('canary');
  });

  it('of just the limit is taken', async () => {
    const files = disk({ '/limit': text(new Uint8Array(MAX_SECRET_BYTES).fill(65)) });
    expect((await read({ asFile: ['A=file:/limit'] }, { files })).files[0]?.content.length).toBe(MAX_SECRET_BYTES);
  });

  it('is never in a note, nor in an error', async () => {
    const value = fc.oneof(fc.string(), fc.string({ unit: 'binary' })).map((rest) => `canary${rest}canary`);
    const flag = fc.oneof(
      fc.constantFrom('A=file:/f', 'A=env:V', 'B=file:/f', 'B=env:V'),
      // The value itself, where a source was meant.
      fc.tuple(fc.constantFrom('', 'A=', 'A=env', 'A=vault:', '='), value).map((parts) => parts.join('')),
    );
    const flags = fc.array(flag, { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(value, flags, flags, fc.constantFrom(0o600, 0o644), async (secret, asFile, asEnv, mode) => {
        // A name is repeated, whatever it looks like: that of the secret, and that of the variable it comes from.
        fc.pre(![...asFile, ...asEnv].some((written) => /^canary\w*=|^A=(?:env|file):.*canary/s.test(written)));
        const changes = { files: disk({ '/f': text(secret, mode) }), caller: { V: secret } };
        const said = await read({ asFile, asEnv }, changes).then(
          ({ notes }) => notes.join(),
          (error: unknown) =>
            error instanceof BulkheadError ? `${error.message} ${error.hint ?? ''} ${String(error.cause)}` : 'canary',
        );
        expect(said).not.toContain('canary');
      }),
    );
  });
});

describe('real files', () => {
  const secretFiles = secretFilesUntil(new AbortController().signal);
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-secrets-'));
  const path = join(directory, 'token');
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('are read up to one byte more than allowed', async () => {
    writeFileSync(path, 'x'.repeat(10));
    chmodSync(path, 0o640);
    expect(await secretFiles.read(path, 20)).toMatchObject({ mode: 0o640 });
    expect((await secretFiles.read(path, 20))?.content.length).toBe(10);
    expect((await secretFiles.read(path, 5))?.content.length).toBe(6);
  });

  // An open that waits for a writer cannot be interrupted, and this process would not end.
  it('that are pipes have a writer who comes later, or never', { timeout: 30_000 }, async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const late = secretFiles.read(pipe, 20);
    spawn('sh', ['-c', '{ printf first; sleep 0.1; printf second; } > "$1"', 'sh', pipe], { stdio: 'ignore' });
    expect(decoded((await late)?.content)).toBe('firstsecond');
    const impatient = secretFilesUntil(new AbortController().signal, 50);
    expect((await failure({ asFile: [`A=file:${pipe}`] }, { files: impatient })).message).toContain('ETIMEDOUT');
    const interrupt = new AbortController();
    const waiting = failure({ asFile: [`A=file:${pipe}`] }, { files: secretFilesUntil(interrupt.signal) });
    interrupt.abort();
    expect(await waiting).toMatchObject({ code: 'interrupted' });
  });

  it('that are no files of a disk end where they end', async () => {
    expect((await secretFiles.read('/dev/null', 5))?.content.length).toBe(0);
    expect((await secretFiles.read('/dev/zero', 5))?.content.length).toBe(6);
  });

  it('that are not there, or are none', async () => {
    expect(await secretFiles.read(join(directory, 'gone'), 5)).toBeUndefined();
    await expect(secretFiles.read(directory, 5)).rejects.toThrow('EISDIR');
    expect(await failure({ asFile: [`A=file:${directory}`] }, { files: secretFiles })).toMatchObject({
      message: expect.stringContaining('EISDIR'),
    });
  });
});
