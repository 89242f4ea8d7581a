import { InitializeResultSchema, ListToolsResultSchema, LATEST_PROTOCOL_VERSION } from '@modelcontextprotocol/sdk/types.js';
import type Docker from 'dockerode';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensurePackageImage, type PackageImage } from '../../src/launcher/package-image.ts';
import { parsePackageReference, type PackageReference } from '../../src/launcher/package-reference.ts';
import { attachStreams } from '../../src/runtime/attach.ts';
import { ensureGatewayImage } from '../../src/runtime/gateway-image.ts';
import { architectureOf, hasImage } from '../../src/runtime/images.ts';
import { loadImage } from '../../src/runtime/load-image.ts';
import { nodeLayer } from '../../src/runtime/node-layer.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const SAMPLES = new URL('../../samples/servers/package.json', import.meta.url);
const PACKAGE = '@modelcontextprotocol/server-everything';
const SEALED: Docker.HostConfig = {
  NetworkMode: 'none',
  ReadonlyRootfs: true,
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges'],
  Tmpfs: { '/tmp': 'rw,noexec,nosuid,size=16m' },
};

describe.skipIf(NO_LAB)(`${LAB_NAME}: an image from a package`, () => {
  let session: LabSession;
  let cacheDirectory: string;
  let reference: PackageReference;
  let image: PackageImage;
  const progress: string[] = [];
  const containers: Docker.Container[] = [];

  async function create(options: Partial<Docker.ContainerCreateOptions> = {}): Promise<Docker.Container> {
    const container = await session.docker.createContainer({ Image: image.reference, HostConfig: SEALED, ...options });
    containers.push(container);
    return container;
  }

  beforeAll(async () => {
    session = await openLab();
    cacheDirectory = await mkdtemp(path.join(tmpdir(), 'bulkhead-packages-'));
    const { dependencies } = JSON.parse(await readFile(SAMPLES, 'utf8')) as { dependencies: Record<string, string> };
    reference = parsePackageReference(`npx:${PACKAGE}@${dependencies[PACKAGE]}`);
    image = await ensurePackageImage(session.docker, reference, { cacheDirectory, onProgress: (line) => progress.push(line) });
  });
  afterAll(async () => {
    for (const container of containers) await container.remove({ force: true }).catch(() => undefined);
    if (cacheDirectory !== undefined) await rm(cacheDirectory, { recursive: true, force: true });
  });

  it('is named, labelled and started as the package says, not as root', async () => {
    expect(image.cached).toBe(false);
    expect(image.reference).toMatch(/^bulkhead\/npx-modelcontextprotocol-server-everything:[\d.]+-[0-9a-f]{12}$/);
    expect(progress.join('\n')).toMatch(/^Installing .*\nMaking the image /);
    expect((await session.docker.getImage(image.reference).inspect()).Config).toMatchObject({
      User: '65532:65532',
      WorkingDir: '/app',
      Env: expect.arrayContaining(['NODE_ENV=production']),
      Entrypoint: ['/bulkhead/node', `/app/node_modules/${PACKAGE}/dist/index.js`],
      Labels: { 'dev.bulkhead.package': `${PACKAGE}@${reference.version}` },
    });
  });

  it('speaks MCP without a network, capabilities or anything to write to', async () => {
    const server = await speak(session.docker, await create({ OpenStdin: true, StdinOnce: true }));
    const clientInfo = { name: 'test', version: '1' };
    const initialized = await server.request('initialize', {
      protocolVersion: LATEST_PROTOCOL_VERSION,
      capabilities: {},
      clientInfo,
    });
    expect(InitializeResultSchema.parse(initialized).serverInfo.name).toContain('everything');
    server.notify('notifications/initialized');
    const { tools } = ListToolsResultSchema.parse(await server.request('tools/list', {}));
    expect(tools.map(({ name }) => name)).toContain('echo');
    server.end();
  });

  it('knows its user and home', async () => {
    const script = 'const os = require("os"); console.log([os.userInfo().uid, os.homedir(), process.cwd()].join(" "))';
    const container = await create({ Entrypoint: ['/bulkhead/node', '-e', script], Tty: true });
    await container.start();
    expect(await container.wait()).toMatchObject({ StatusCode: 0 });
    expect((await container.logs({ stdout: true })).toString()).toContain('65532 /tmp /app');
  });

  it('has what native add-ons are linked with', async () => {
    const names = [
      'libc.so.6',
      'libdl.so.2',
      'libpthread.so.0',
      'libresolv.so.2',
      'librt.so.1',
      'libutil.so.1',
      'libstdc++.so.6',
    ];
    // A library that is there is no add-on, which Node.js says.
    const script = `for (const name of ${JSON.stringify(names)}) {
      try { process.dlopen({ exports: {} }, name) } catch (error) { console.log(name + ' ' + /self-register/.test(error.message)) }
    }`;
    const container = await create({ Entrypoint: ['/bulkhead/node', '-e', script], Tty: true });
    await container.start();
    await container.wait();
    const lines = (await container.logs({ stdout: true })).toString().trim().split(/\r?\n/);
    expect(lines).toEqual(names.map((name) => `${name} true`));
  });

  it('holds Node.js, its libraries and the package: no shell, no package manager, nothing writable', async () => {
    for (const shell of ['/bin/sh', 'sh', '/bin/bash', '/busybox/sh', 'npm']) {
      const container = await create({ Entrypoint: [shell] });
      await expect(container.start(), shell).rejects.toThrow(/no such file|not found/);
    }
    const entries = await exported(await create());
    const own = entries.filter(({ name }) => !/^(?:etc|dev|proc|sys|tmp)\//.test(name) && name !== '.dockerenv');
    const files = own.filter(({ type }) => type === 'file');
    expect(files.filter(({ name }) => !/^app\/node_modules\/|\.so(?:\.\d+)*$/.test(name)).map(({ name }) => name)).toEqual([
      'bulkhead/node',
    ]);
    expect(files.filter(({ mode }) => ![0o444, 0o555].includes(mode & 0o7777))).toEqual([]);
    expect(own.filter(({ type, mode }) => type === 'directory' && (mode & 0o7777) !== 0o755)).toEqual([]);
    expect(own.filter(({ uid, gid }) => uid !== 0 || gid !== 0)).toEqual([]);
    expect(files.some(({ name }) => name.endsWith('/.package-lock.json') || name.endsWith('.npmrc'))).toBe(false);
    expect(own.find(({ name }) => name.endsWith('.bin/mcp-server-everything'))).toMatchObject({
      type: 'symlink',
      linkname: `../${PACKAGE}/dist/index.js`,
    });
  });

  it('is not made twice, nor is npm called again', async () => {
    const before = await session.docker.getImage(image.reference).inspect();
    const said: string[] = [];
    const again = await ensurePackageImage(session.docker, reference, {
      cacheDirectory,
      environment: { PATH: '' },
      onProgress: (line) => said.push(line),
    });
    expect(again).toEqual({ ...image, cached: true });
    expect(said).toEqual([]);
    expect((await session.docker.getImage(image.reference).inspect()).Id).toBe(before.Id);
  });

  it('keeps a lock in which everything has its hash, and comes back from it as the same image', async () => {
    const { packages } = JSON.parse(await readFile(image.lockFile, 'utf8')) as {
      packages: Record<string, { integrity?: string }>;
    };
    const hashes = Object.entries(packages).flatMap(([at, { integrity }]) => (at === '' ? [] : [integrity]));
    expect(hashes.length).toBeGreaterThan(20);
    for (const hash of hashes) expect(hash).toMatch(/^sha512-/);
    const before = await session.docker.getImage(image.reference).inspect();
    for (const container of containers.splice(0)) await container.remove({ force: true });
    await session.docker.getImage(image.reference).remove({ force: true });
    await rm(path.join(path.dirname(image.lockFile), 'plain'), { recursive: true });
    expect(await ensurePackageImage(session.docker, reference, { cacheDirectory })).toEqual(image);
    const after = await session.docker.getImage(image.reference).inspect();
    expect(after.Id).toBe(before.Id);
  });

  it('shares the layer of Node.js with the other images', async () => {
    const gateway = await ensureGatewayImage(session.docker, await architectureOf(session.docker));
    const [one, other] = await Promise.all(
      [gateway, image.reference].map(async (name) => (await session.docker.getImage(name).inspect()).RootFS.Layers ?? []),
    );
    expect([one?.length, other?.length]).toEqual([2, 2]);
    expect(other?.[0]).toBe(one?.[0]);
    expect(other?.[1]).not.toBe(one?.[1]);
  });

  it('that cannot be whole is an error that says so, and none at all', { timeout: 60_000 }, async () => {
    const name = 'bulkhead-test/gone:1';
    const gone = { path: 'gone', source: path.join(cacheDirectory, 'gone'), mode: 0o444 };
    await expect(loadImage(session.docker, name, [await nodeLayer(), [gone]], {})).rejects.toMatchObject({
      code: 'image-failed',
      message: expect.stringMatching(/bulkhead-test\/gone:1 could not be made: .*ENOENT/),
    });
    expect(await hasImage(session.docker, name)).toBe(false);
  });
});

interface Speaker {
  request(method: string, params: object): Promise<unknown>;
  notify(method: string): void;
  end(): void;
}

/** A client over the container's standard input and output: one JSON-RPC message a line. */
async function speak(docker: Docker, container: Docker.Container): Promise<Speaker> {
  const stream = await attachStreams(docker, container.id, { stdin: true });
  const [output, errors] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, output, errors);
  errors.resume();
  await container.start();
  const waiting = new Map<number, (message: { readonly result?: unknown }) => void>();
  createInterface({ input: output }).on('line', (line) => {
    const message = JSON.parse(line) as { readonly id?: number; readonly result?: unknown };
    if (message.id !== undefined) waiting.get(message.id)?.(message);
  });
  const send = (message: object): void => void stream.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  let id = 0;
  return {
    request: async (method, params) => {
      id += 1;
      const answer = new Promise<{ readonly result?: unknown }>((resolve) => waiting.set(id, resolve));
      send({ id, method, params });
      return (await answer).result;
    },
    notify: (method) => send({ method }),
    end: () => stream.end(),
  };
}

async function exported(container: Docker.Container): Promise<readonly Header[]> {
  const entries: Header[] = [];
  const reader = extract();
  reader.on('entry', (header, stream, next) => {
    entries.push({ ...header, name: header.name.replace(/\/$/, '') });
    stream.on('end', next);
    stream.resume();
  });
  await pipeline(await container.export(), reader);
  return entries;
}
