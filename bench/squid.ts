import type Docker from 'dockerode';
import { execa } from 'execa';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { ensurePackages, type Lab } from '../lab/lab.ts';
import type { ImageFile, Layer } from '../src/runtime/image-archive.ts';
import { loadImage } from '../src/runtime/load-image.ts';

/** What a launcher that walls servers in with squid runs beside each: squid for each direction, and a name server. */
export interface Squid {
  /** Network of the server, without a way out. */
  readonly network: string;
  readonly egress: { readonly id: string; readonly name: string; readonly address: string };
  readonly ingress: { readonly id: string };
  readonly dns: { readonly id: string };
}

const IMAGES = { squid: 'bulkhead-bench/squid:debian', dns: 'bulkhead-bench/dnsmasq:debian' } as const;
const PORT = 3128;

/**
 * squid and dnsmasq of Debian in containers, as ToolHive (pkg/container/docker/squid.go) runs them: two networks each,
 * no cache, an allow-list of domains and ports, the log on standard output.
 */
export async function startSquid(
  lab: Lab,
  docker: Docker,
  allowed: { readonly host: string; readonly ports: readonly number[] },
): Promise<Squid> {
  await ensurePackages(['squid', 'dnsmasq']);
  await loadImage(docker, IMAGES.squid, [await squidLayer(allowed)], {
    Entrypoint: ['/usr/sbin/squid', '-N', '-d', '1'],
    User: 'proxy',
  });
  await loadImage(docker, IMAGES.dns, [await programLayer('/usr/sbin/dnsmasq')], {
    Entrypoint: ['/usr/sbin/dnsmasq', '--keep-in-foreground', '--user=root', '--pid-file=', '--no-resolv'],
  });
  const inner = await docker.createNetwork({ Name: 'bench-inner', Internal: true });
  const outer = await docker.createNetwork({ Name: 'bench-outer' });
  const start = async (name: string, Image: string, Cmd: readonly string[]): Promise<{ readonly id: string }> => {
    const container = await docker.createContainer({ name, Image, Cmd: [...Cmd], HostConfig: { NetworkMode: outer.id } });
    await inner.connect({ Container: container.id });
    await container.start();
    return { id: container.id };
  };
  const dns = await start('bench-dns', IMAGES.dns, [`--server=${lab.internet.dns}`]);
  const egress = await start('bench-egress', IMAGES.squid, ['-f', '/etc/squid/egress.conf']);
  const ingress = await start('bench-ingress', IMAGES.squid, ['-f', '/etc/squid/ingress.conf']);
  const { NetworkSettings } = await docker.getContainer(egress.id).inspect();
  const address = NetworkSettings.Networks['bench-inner']?.IPAddress ?? '';
  return { network: 'bench-inner', egress: { ...egress, name: 'bench-egress', address }, ingress, dns };
}

async function squidLayer({ host, ports }: { readonly host: string; readonly ports: readonly number[] }): Promise<Layer> {
  const common = [
    'visible_hostname bench',
    'access_log stdio:/dev/stdout squid',
    'pid_filename none',
    'max_filedescriptors 1024',
    'cache deny all',
    'cache_mem 0 MB',
    'maximum_object_size 0 KB',
    'maximum_object_size_in_memory 0 KB',
    'cache_store_log none',
    'pinger_enable off',
  ];
  const egress = [
    `http_port ${PORT}`,
    ...common,
    `acl allowed_ports port ${ports.join(' ')}`,
    `acl allowed_dsts dstdomain ${host}`,
    'http_access allow allowed_ports allowed_dsts',
    'http_access deny all',
  ];
  const ingress = [
    ...common,
    'http_port 0.0.0.0:8080 accel defaultsite=bench-server',
    'cache_peer bench-server parent 3001 0 no-query originserver name=origin',
    'acl site dstdomain bench-server',
    'http_access allow site',
    'http_access deny all',
  ];
  const text = (name: string, lines: readonly string[]): ImageFile => ({
    path: name,
    source: Buffer.from(`${lines.join('\n')}\n`),
    mode: 0o444,
  });
  return [
    ...(await programLayer('/usr/sbin/squid')),
    // Started with squid, whether or not there is a disk cache.
    { path: 'usr/lib/squid/unlinkd', source: '/usr/lib/squid/unlinkd', mode: 0o555 },
    { path: 'etc/squid/errorpage.css', source: '/etc/squid/errorpage.css', mode: 0o444 },
    { path: 'usr/share/squid/mime.conf', source: '/usr/share/squid/mime.conf', mode: 0o444 },
    ...(await filesBelow('/usr/share/squid/icons')),
    ...(await filesBelow('/usr/share/squid/errors/templates')),
    text('etc/squid/egress.conf', egress),
    text('etc/squid/ingress.conf', ingress),
  ];
}

async function filesBelow(directory: string): Promise<Layer> {
  const files = (await readdir(directory, { recursive: true })).map((name) => path.join(directory, name));
  const found = files.map(async (file) => ({ path: file.slice(1), source: await realpath(file), mode: 0o444 }));
  const all = await Promise.all(found);
  const plain = await Promise.all(all.map(async ({ source }) => (await stat(source)).isFile()));
  return all.filter((_, index) => plain[index]);
}

/** A program of this machine, the libraries that it is linked with, and the users that it looks for. */
async function programLayer(program: string): Promise<Layer> {
  const { stdout } = await execa('ldd', [program]);
  const libraries = stdout.split('\n').flatMap((line) => /(?:=>\s+)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
  const files = await Promise.all(
    [program, ...libraries].map(async (file) => ({ path: file.slice(1), source: await realpath(file), mode: 0o555 })),
  );
  const users = { passwd: 'root:x:0:0::/:\nproxy:x:13:13::/:\n', group: 'root:x:0:\nproxy:x:13:\n' };
  return [
    ...files,
    ...Object.entries(users).map(([name, content]) => ({ path: `etc/${name}`, source: Buffer.from(content), mode: 0o444 })),
  ];
}
