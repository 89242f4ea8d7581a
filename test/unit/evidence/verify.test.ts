import fc from 'fast-check';
import { sign } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ENTRY } from '../../../src/evidence/archive.ts';
import { manifestText } from '../../../src/evidence/manifest.ts';
import { hashOf } from '../../../src/evidence/run.ts';
import { isSigned, readHead, verifyPack } from '../../../src/evidence/verify.ts';
import type { EvidenceManifest } from '../../../src/model/evidence.ts';
import { aSeenBundle, entriesOf, packRuns, runOf, someKeys, type TarEntry } from '../../support/evidence.ts';

let directory: string;
let keys: Awaited<ReturnType<typeof someKeys>>;
let good: Buffer;
let entries: readonly TarEntry[];
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-verify-'));
  keys = await someKeys(directory);
  const out = path.join(directory, 'good.tar.gz');
  await packRuns([runOf(aSeenBundle('2026-11-16T08:00:00.000Z', { one: 'fails' }))], { out, key: keys.signing });
  good = await readFile(out);
  entries = await entriesOf(good);
});
afterAll(async () => rm(directory, { recursive: true, force: true }));

async function verdictOf(archive: Buffer, key = keys.verifying) {
  const file = path.join(directory, 'case.tar.gz');
  await writeFile(file, archive);
  return verifyPack(file, key);
}

async function codesOf(archive: Buffer): Promise<readonly string[]> {
  return (await verdictOf(archive)).problems.map(({ code, path: file }) => (file === undefined ? code : `${code} ${file}`));
}

type HeaderArgument = Partial<Header> & Pick<Header, 'name'>;
type Odd = { readonly header: HeaderArgument; readonly content?: Buffer };

/** A tar of entries as they are, with odd headers where they are wanted. */
async function tarOf(items: readonly (TarEntry | Odd)[]): Promise<Buffer> {
  const tar = pack();
  for (const item of items) {
    if ('header' in item) tar.entry({ ...ENTRY, ...item.header }, item.content ?? Buffer.alloc(0));
    else tar.entry({ ...ENTRY, name: item.name }, item.content);
  }
  tar.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of tar as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const archiveOf = async (items: readonly (TarEntry | Odd)[]) => gzipSync(await tarOf(items));

/** The pack of whoever has the key: the manifest of these files, changed, and signed. */
async function signedPack(files: readonly TarEntry[], change: (manifest: EvidenceManifest) => object = (manifest) => manifest) {
  const manifest = change({
    ...(JSON.parse(text(entries[0])) as EvidenceManifest),
    files: files.map(({ name, content }) => ({ bytes: content.length, path: name, sha256: hashOf(content) })),
  });
  const bytes = Buffer.from(manifestText(manifest as EvidenceManifest));
  return archiveOf([
    { name: 'manifest.json', content: bytes },
    { name: 'manifest.sig', content: sign(null, bytes, keys.signing.key) },
    ...files,
  ]);
}

/** A tar with a header in it changed, and its checksum with it: whoever changes the one can change the other. */
function withHeader(tar: Buffer, start: number, change: (header: Buffer) => void): Buffer {
  const changed = Buffer.from(tar);
  const header = changed.subarray(start, start + 512);
  change(header);
  header.fill(' ', 148, 156);
  const sum = header.reduce((all, byte) => all + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return changed;
}

function text(entry: TarEntry | undefined): string {
  return entry?.content.toString() ?? '';
}

describe('a pack that is as it was signed', () => {
  it('is valid, packed by anybody', async () => {
    expect(await codesOf(good)).toEqual([]);
    expect(await codesOf(await archiveOf(entries))).toEqual([]);
    expect(
      await codesOf(
        await signedPack([
          { name: 'a', content: Buffer.alloc(0) },
          { name: 'b/c', content: Buffer.alloc(70_000) },
        ]),
      ),
    ).toEqual([]);
  });
});

describe('a pack is not valid', () => {
  const last = () => entries.length - 1;
  const replaced = (index: number, content: Buffer) => entries.map((entry, at) => (at === index ? { ...entry, content } : entry));

  it('with another key, and says which it claims', async () => {
    const other = await someKeys(directory, 'other');
    const { problems, manifest } = await verdictOf(good, other.verifying);
    expect(problems).toEqual([{ code: 'signature', message: expect.stringContaining(`claims the key ${keys.signing.keyId}`) }]);
    expect(manifest).toBeUndefined();
  });

  it('with a key of its own in it: the key comes from outside', async () => {
    const forger = await someKeys(directory, 'forger');
    const bytes = Buffer.from(text(entries[0]).replace(keys.signing.keyId, forger.signing.keyId));
    const forged = [
      { name: 'manifest.json', content: bytes },
      { name: 'manifest.sig', content: sign(null, bytes, forger.signing.key) },
      ...entries.slice(2),
    ];
    const archive = await archiveOf([...forged, { name: 'evidence.pub.pem', content: await readFile(forger.files.publicKey) }]);
    expect(await codesOf(archive)).toEqual(['signature']);
  });

  it.each<readonly [string, (manifest: string) => string]>([
    ['a digit', (manifest) => manifest.replace(/"bytes":(\d)/, (_, digit: string) => `"bytes":${(Number(digit) % 9) + 1}`)],
    ['a space', (manifest) => manifest.replace('{\n', '{ \n')],
    ['a line break', (manifest) => manifest.replaceAll('\n', '\r\n')],
    ['a file less', (manifest) => manifest.replace(/ {4}\{"bytes".*\n/, '')],
    ['nothing left', () => ''],
  ])('when its manifest is changed by %s', async (_, change) => {
    const changed = replaced(0, Buffer.from(change(text(entries[0]))));
    expect(await codesOf(await archiveOf(changed))).toEqual(['signature']);
  });

  it('when its signature is changed, cut or longer', async () => {
    const signature = entries[1]?.content ?? Buffer.alloc(0);
    const flipped = Buffer.from(signature.map((byte, index) => (index === 10 ? byte ^ 1 : byte)));
    expect(await codesOf(await archiveOf(replaced(1, flipped)))).toEqual(['signature']);
    expect(await codesOf(await archiveOf(replaced(1, signature.subarray(1))))).toEqual(['signature']);
    expect(await codesOf(await archiveOf(replaced(1, Buffer.alloc(0))))).toEqual(['signature']);
    expect(await codesOf(await archiveOf(replaced(1, Buffer.concat([signature, signature]))))).toEqual(['size manifest.sig']);
  });

  it('and says of each file what differs', async () => {
    const bundle = entries[2] ?? { name: '', content: Buffer.alloc(0) };
    const changed = Buffer.from(text(bundle).replace('"noNewPrivileges":false', '"noNewPrivileges":true '));
    expect(changed.length).toBe(bundle.content.length);
    expect(await codesOf(await archiveOf(replaced(2, changed)))).toEqual([`hash ${bundle.name}`]);
    expect(await codesOf(await archiveOf(replaced(2, changed.subarray(1))))).toEqual([`size ${bundle.name}`]);
    const { problems } = await verdictOf(
      await archiveOf([
        ...entries.slice(0, 2),
        ...replaced(last(), Buffer.from('x')).slice(3),
        { name: 'extra', content: Buffer.from('x') },
      ]),
    );
    expect(problems).toEqual([
      {
        code: 'size',
        path: 'summary.md',
        message: expect.stringMatching(/^summary\.md has 1 bytes, and the manifest says \d+\.$/),
      },
      { code: 'extra', path: 'extra', message: 'extra is not in the manifest.' },
      { code: 'missing', path: bundle.name, message: `${bundle.name} is missing.` },
    ]);
  });

  it('with a file twice, in another order, or under two names', async () => {
    const [summaryJson, summaryMd] = entries.slice(-2) as [TarEntry, TarEntry];
    expect(await codesOf(await archiveOf([...entries, summaryMd]))).toEqual(['duplicate summary.md']);
    expect(await codesOf(await archiveOf([...entries, { ...summaryMd, content: Buffer.from('x') }]))).toEqual([
      'duplicate summary.md',
      'size summary.md',
    ]);
    expect(await codesOf(await archiveOf([...entries.slice(0, -2), summaryMd, summaryJson]))).toEqual(['order summary.json']);
    expect(await codesOf(await archiveOf([...entries, { ...summaryMd, name: './summary.md' }]))).toEqual(['extra ./summary.md']);
    expect(await codesOf(await archiveOf([...entries, entries[0] as TarEntry]))).toEqual(['extra manifest.json']);
  });

  it.each<readonly [string, HeaderArgument]>([
    ['a path that leads out', { name: '../../etc/cron.d/x' }],
    ['an absolute path', { name: '/etc/cron.d/x' }],
    ['a symbolic link', { name: 'x', type: 'symlink', linkname: '/etc/passwd' }],
    ['a hard link', { name: 'x', type: 'link', linkname: 'summary.md' }],
    ['a device', { name: 'x', type: 'character-device', devmajor: 1, devminor: 5 }],
    ['a pipe', { name: 'x', type: 'fifo' }],
    ['a directory', { name: 'runs', type: 'directory' }],
    ['a long name', { name: 'x'.repeat(5000) }],
    ['a name that steers a terminal', { name: 'x\u001b[2J' }],
  ])('with %s in it', async (_, header) => {
    const { problems } = await verdictOf(await archiveOf([...entries, { header }]));
    expect(problems.map(({ code }) => code)).toEqual(['extra']);
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(`${problems[0]?.path} ${problems[0]?.message}`).not.toMatch(/[\u0000-\u001f]/);
    expect(problems[0]?.message.length).toBeLessThan(400);
  });

  it('with a link or an empty file in the place of a file', async () => {
    const before = entries.slice(0, -1);
    for (const type of ['symlink', 'link', 'fifo', 'directory', 'contiguous-file'] as const) {
      const header = { name: 'summary.md', type, ...(type.endsWith('link') ? { linkname: 'summary.json' } : {}) };
      expect(await codesOf(await archiveOf([...before, { header }]))).toEqual(['entry summary.md']);
    }
    expect(await codesOf(await archiveOf([{ header: { name: 'manifest.json', type: 'symlink', linkname: 'x' } }]))).toEqual([
      'entry manifest.json',
    ]);
  });

  it.each<readonly [string, number, readonly number[]]>([
    // A directory that has content, an extension that takes the next header for its text, …
    ['is of any other type', 156, Array.from({ length: 128 }, (_, type) => type)],
    // Octal digits, what is none, and binary numbers, good and bad.
    ['has any other size', 124, [0, 0x20, 0x31, 0x37, 0x38, 0x7f, 0x80, 0x81, 0xb0, 0xcf, 0xfe, 0xff]],
  ])('with a file that %s', async (_, offset, values) => {
    const tar = gunzipSync(good);
    const start = 1024 + Math.ceil((entries[0]?.content.length ?? 0) / 512) * 512 + 512;
    for (const at of [0, start]) {
      for (const value of values) {
        const odd = withHeader(tar, at, (header) => (header[offset] = value));
        if (odd.subarray(at + 100, at + 148).equals(tar.subarray(at + 100, at + 148)) && odd[at + 156] === tar[at + 156])
          continue;
        expect(await codesOf(gzipSync(odd, { level: 1 }))).not.toEqual([]);
      }
    }
  });

  it('with anything between its files or behind them', async () => {
    const tar = gunzipSync(good);
    const noted = await archiveOf([
      ...entries.slice(0, -1),
      { header: { name: 'summary.md', pax: { comment: 'hidden' } }, content: entries.at(-1)?.content ?? Buffer.alloc(0) },
    ]);
    const padded = Buffer.from(tar);
    padded[tar.length - 1024 - 1] = 1;
    const setuid = await archiveOf([
      ...entries.slice(0, -1),
      { header: { name: 'summary.md', mode: 0o4755 }, content: entries.at(-1)?.content ?? Buffer.alloc(0) },
    ]);
    for (const archive of [
      noted,
      setuid,
      gzipSync(padded),
      gzipSync(tar.subarray(0, -1024)),
      gzipSync(Buffer.concat([tar, Buffer.alloc(1024)])),
      Buffer.concat([good, Buffer.alloc(3)]),
      Buffer.concat([good, Buffer.from('more')]),
      Buffer.concat([good, gzipSync('more')]),
    ]) {
      expect(await codesOf(archive)).toEqual(['archive']);
    }
    expect(await codesOf(Buffer.concat([good, gzipSync(await tarOf([{ name: 'extra', content: Buffer.alloc(1) }]))]))).toEqual([
      'extra extra',
    ]);
  });

  it('with a manifest that was signed and cannot be', async () => {
    const file = { name: 'a', content: Buffer.from('a') };
    const cases: readonly [(manifest: EvidenceManifest) => object, RegExp][] = [
      [(manifest) => ({ ...manifest, manifestVersion: 2 }), /version 2; this version of bulkhead reads 1/],
      [(manifest) => ({ ...manifest, files: [{ ...manifest.files[0], path: '../a' }] }), /not valid/],
      [(manifest) => ({ ...manifest, signature: { algorithm: 'Ed25519', keyId: 'ab'.repeat(32) } }), /another key/],
      [(manifest) => ({ ...manifest, files: [{ ...manifest.files[0], bytes: 2 ** 52 }] }), /more than/],
    ];
    for (const [change, words] of cases) {
      expect((await verdictOf(await signedPack([file], change))).problems).toEqual([
        { code: 'manifest', message: expect.stringMatching(words) },
      ]);
    }
  });

  it('when it is a bomb: it is not read to its end', async () => {
    const bomb = { name: 'bomb', content: Buffer.alloc(8 * 1024 * 1024) };
    expect(await codesOf(await archiveOf([...entries, bomb]))).toEqual(['extra bomb', 'archive']);
    expect(await codesOf(await archiveOf([bomb, ...entries]))).toEqual(['entry bomb']);
    // A header that promises a gigabyte.
    const promising = withHeader(gunzipSync(good), 0, (header) => header.write('10000000000\0', 124, 'latin1'));
    expect(await codesOf(gzipSync(promising))).toEqual(['size manifest.json']);
  });

  it('when it is something else', async () => {
    for (const other of [
      '',
      'text',
      '\u001f\u008b',
      gzipSync(''),
      gzipSync('text'),
      gzipSync(Buffer.alloc(1024)),
      await archiveOf([]),
    ]) {
      const codes = await codesOf(Buffer.from(other as string));
      expect(codes).toHaveLength(1);
      expect(codes[0]).toMatch(/^(archive|missing manifest\.json)$/);
    }
    expect(await codesOf(await archiveOf(entries.slice(2)))).toEqual([`entry ${entries[2]?.name ?? ''}`]);
    expect(await codesOf(await archiveOf(entries.slice(0, 1)))).toEqual(['missing manifest.sig']);
  });

  it('and does not list a thousand problems', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => ({ name: `x${index}`, content: Buffer.alloc(0) }));
    const { problems, unlisted } = await verdictOf(await archiveOf([...entries, ...many]));
    expect([problems.length, unlisted]).toEqual([50, 950]);
  });

  it('cannot be said of what is not there', async () => {
    for (const file of [path.join(directory, 'none'), directory]) {
      await expect(verifyPack(file, keys.verifying)).rejects.toMatchObject({ code: 'evidence-unreadable' });
      await expect(readHead(file)).rejects.toMatchObject({ code: 'evidence-unreadable' });
    }
  });
});

describe('the pack before', () => {
  it('is known by its manifest', async () => {
    const before = path.join(directory, 'good.tar.gz');
    const { bytes, signature } = await readHead(before);
    expect(bytes.toString()).toBe(text(entries[0]));
    expect(isSigned(bytes, signature, keys.verifying)).toBe(true);
    const out = path.join(directory, 'next.tar.gz');
    await packRuns([runOf(aSeenBundle('2026-11-17T08:00:00.000Z', { one: 'fails' }))], {
      out,
      key: keys.signing,
      previous: hashOf(bytes),
    });
    expect((await verifyPack(out, keys.verifying)).manifest?.previous).toBe(hashOf(bytes));
    await writeFile(out, 'no pack');
    await expect(readHead(out)).rejects.toMatchObject({ code: 'evidence-invalid' });
  });
});

/** Whatever is done to an archive: it is not valid, or its files are what they were. */
async function isHonest(archive: Buffer): Promise<boolean> {
  if ((await codesOf(archive)).length > 0) return true;
  const now = await entriesOf(archive);
  return (
    now.length === entries.length &&
    now.every(({ name, content }, index) => name === entries[index]?.name && content.equals(entries[index]?.content))
  );
}

/** A pack takes a few milliseconds; a machine may be slow. */
const RUNS = Number(process.env['BULKHEAD_FUZZ_RUNS'] ?? 120);

describe('no change goes unseen', () => {
  it('of any byte of the archive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] ?? 0) ^ bits;
        expect(await isHonest(changed)).toBe(true);
      }),
      { numRuns: RUNS },
    );
  });

  it('of any byte of the tar in it', async () => {
    const tar = gunzipSync(good);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: tar.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, bits) => {
        const changed = Buffer.from(tar);
        changed[at] = (changed[at] ?? 0) ^ bits;
        expect(await codesOf(gzipSync(changed, { level: 1 }))).not.toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  it('of any header, where most of what can be changed is', async () => {
    const tar = gunzipSync(good);
    let at = 0;
    const headers = entries.map(({ content }) => {
      const start = at;
      at += 512 + Math.ceil(content.length / 512) * 512;
      return start;
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...headers),
        fc.nat({ max: 511 }),
        fc.integer({ min: 1, max: 255 }),
        async (start, offset, bits) => {
          const changed = withHeader(tar, start, (header) => {
            header[offset] = (header[offset] ?? 0) ^ bits;
          });
          if (changed.equals(tar)) return;
          expect(await codesOf(gzipSync(changed, { level: 1 }))).not.toEqual([]);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('of its length', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: good.length - 1 }), async (length) => {
        expect(await codesOf(good.subarray(0, length))).not.toEqual([]);
      }),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 64 }), async (more) => {
        expect(await codesOf(Buffer.concat([good, more]))).not.toEqual([]);
      }),
      { numRuns: 20 },
    );
  });

  it('of the entries that it has', async () => {
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...entries], { minLength: 0 }), fc.boolean(), async (some, again) => {
        const items = again ? [...entries.slice(0, 2), ...some] : some;
        const same = items.length === entries.length && items.every((entry, index) => entry === entries[index]);
        expect((await codesOf(await archiveOf(items))).length === 0).toBe(same);
      }),
      { numRuns: 40 },
    );
  });
});
