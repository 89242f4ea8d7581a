import { createHash } from 'node:crypto';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { extract, pack, type Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeImage, type Layer } from '../../../src/runtime/image-archive.ts';

const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

describe('the archive of an image', () => {
  let directory: string;
  let large: string;
  let layers: readonly Layer[];

  const archiveOf = async (parts: readonly Layer[]): Promise<Buffer> => {
    const archive = pack();
    const content = { architecture: 'amd64', layers: parts, config: { Entrypoint: ['/bulkhead/node'] } };
    const [bytes] = await Promise.all([
      buffer(archive as unknown as NodeJS.ReadableStream),
      writeImage(archive, 'bulkhead/test:1', content).catch((error: unknown) => {
        archive.destroy(error as Error);
        throw error;
      }),
    ]);
    return bytes;
  };

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-archive-'));
    large = path.join(directory, 'large');
    await writeFile(large, Buffer.alloc(3_000_001, 'x'));
    layers = [
      [{ path: 'bulkhead/node', source: large, mode: 0o555 }],
      [
        { path: `app/${'long/'.repeat(60)}é\u202e.js`, source: Buffer.from('x'), mode: 0o444 },
        { path: 'app/link', source: { link: 'long' }, mode: 0o777 },
      ],
    ];
  });
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  it('names every layer and the configuration by its content, which is whole', async () => {
    const files = await entriesOf(await archiveOf(layers));
    const names = files.map(({ name }) => name);
    const read = (name: string): unknown => JSON.parse(files.find((file) => file.name === name)?.content.toString() ?? '');
    expect(read('manifest.json')).toEqual([{ Config: names[2], RepoTags: ['bulkhead/test:1'], Layers: names.slice(0, 2) }]);
    expect(files.slice(0, 3).map(({ content }) => sha256(content))).toEqual(names.slice(0, 3).map((name) => name.split('.')[0]));
    expect(read(names[2] ?? '')).toMatchObject({
      architecture: 'amd64',
      config: { Entrypoint: ['/bulkhead/node'] },
      rootfs: { diff_ids: names.slice(0, 2).map((name) => `sha256:${name.split('.')[0]}`) },
    });
    const [lowest = [], highest = []] = await Promise.all(files.slice(0, 2).map(async ({ content }) => entriesOf(content)));
    expect(lowest.map(({ name, mode, content }) => [name, mode, content.length])).toEqual([
      ['bulkhead', 0o755, 0],
      ['bulkhead/node', 0o555, 3_000_001],
    ]);
    expect(highest.map(({ name }) => name)).toEqual(expect.arrayContaining([layers[1]?.[0]?.path, 'app/link']));
    for (const { uid, gid, mtime } of [...lowest, ...highest]) expect([uid, gid, mtime.getTime()]).toEqual([0, 0, 0]);
  });

  it('is the same for the same content, whenever and wherever that was written', async () => {
    const before = await archiveOf(layers);
    await utimes(large, 1, 1);
    expect(sha256(await archiveOf(layers))).toBe(sha256(before));
  });

  it('ends with an error when a file is gone', { timeout: 10_000 }, async () => {
    const gone = { path: 'a', source: path.join(directory, 'gone'), mode: 0o444 };
    await expect(archiveOf([[gone]])).rejects.toThrow(/ENOENT/);
    await expect(archiveOf([layers[0] ?? [], [gone]])).rejects.toThrow(/ENOENT/);
  });
});

async function entriesOf(archive: Buffer): Promise<readonly (Header & { readonly content: Buffer })[]> {
  const entries: (Header & { readonly content: Buffer })[] = [];
  const reader = extract();
  reader.end(archive);
  for await (const entry of reader) {
    const content = await buffer(entry as unknown as NodeJS.ReadableStream);
    entries.push({ ...entry.header, name: entry.header.name.replace(/\/$/, ''), content });
  }
  return entries;
}
