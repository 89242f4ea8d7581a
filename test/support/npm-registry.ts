import { createHash } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

export interface FixturePackage {
  readonly name: string;
  readonly version: string;
  /** Fields of package.json beside name and version. */
  readonly manifest?: Readonly<Record<string, unknown>>;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Registry {
  readonly url: string;
  /** `METHOD PATH authorization` of every request. */
  readonly requests: string[];
  /** Takes the place of the same version, without a new hash when `sameHash`: as if the registry had been broken into. */
  publish(entry: FixturePackage, options?: { readonly sameHash?: boolean }): Promise<void>;
  close(): Promise<void>;
}

interface Published {
  readonly manifest: object;
  readonly integrity: string;
  readonly tarball: Buffer;
}

/** An npm registry on the loopback, as much of one as `npm install` asks for. */
export async function startRegistry(): Promise<Registry> {
  const packages = new Map<string, Map<string, Published>>();
  const requests: string[] = [];
  const server = http.createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? '');
    requests.push(`${request.method} ${url} ${request.headers.authorization ?? ''}`);
    const [, name = '', version] = /^\/(.+?)(?:\/-\/(.+)\.tgz)?$/.exec(url) ?? [];
    const versions = packages.get(name);
    const tarball = version === undefined ? undefined : versions?.get(version)?.tarball;
    if (versions === undefined || (version !== undefined && tarball === undefined)) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"Not found"}');
    } else if (tarball !== undefined) {
      response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(tarball);
    } else {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document(name, versions)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

  function document(name: string, versions: ReadonlyMap<string, Published>): object {
    const all = [...versions].map(([version, { manifest, integrity }]) => {
      const dist = { integrity, tarball: `${url}${name}/-/${version}.tgz` };
      return [version, { ...manifest, dist }] as const;
    });
    return { name, 'dist-tags': { latest: all.at(-1)?.[0] }, versions: Object.fromEntries(all) };
  }

  return {
    url,
    requests,
    publish: async (entry, { sameHash = false } = {}) => {
      const manifest = { name: entry.name, version: entry.version, ...entry.manifest };
      const tarball = await tarballOf({ 'package.json': JSON.stringify(manifest), ...entry.files });
      const versions = packages.get(entry.name) ?? new Map<string, Published>();
      const before = versions.get(entry.version);
      const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
      versions.set(entry.version, {
        manifest,
        tarball,
        integrity: sameHash && before !== undefined ? before.integrity : integrity,
      });
      packages.set(entry.name, versions);
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function tarballOf(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, content] of Object.entries(files)) tar.entry({ name: `package/${name}`, mode: 0o755 }, content);
  tar.finalize();
  return gzipSync(await buffer(tar as unknown as NodeJS.ReadableStream));
}
