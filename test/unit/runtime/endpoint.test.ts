import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo, ListenOptions } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { withoutEngineVariables } from '../../../src/runtime/endpoint-environment.ts';
import { FILE_SYSTEM, resolveEndpoint, type EndpointInput, type EngineEndpoint } from '../../../src/runtime/endpoint.ts';

const EMPTY = { exists: () => false, readFile: () => undefined, listDirectory: () => [] };

function resolve(input: Partial<EndpointInput>): EngineEndpoint {
  return resolveEndpoint({ ...EMPTY, env: {}, homeDirectory: '/home/u', platform: 'linux', ...input });
}

const having = (...sockets: readonly string[]) => ({ exists: (file: string) => sockets.includes(file) });
const usage = (message: string, hint = '') =>
  expect.objectContaining({ code: 'usage', message: expect.stringContaining(message), hint: expect.stringContaining(hint) });

describe('forms of a host', () => {
  it.each([
    [
      'unix:///var/run/docker.sock',
      'unix:///var/run/docker.sock',
      { socketPath: '/var/run/docker.sock', host: undefined, protocol: undefined },
    ],
    ['UNIX:///run/a.sock', 'unix:///run/a.sock', { socketPath: '/run/a.sock' }],
    [
      'tcp://engine.example:2375',
      'tcp://engine.example:2375',
      { host: 'engine.example', port: 2375, protocol: 'http', socketPath: undefined },
    ],
    ['tcp://engine.example', 'tcp://engine.example:2375', { port: 2375, protocol: 'http' }],
    ['tcp://engine.example:2376', 'tcp://engine.example:2376', { port: 2376, protocol: 'https' }],
    ['tcp://127.0.0.1:9999/', 'tcp://127.0.0.1:9999', { host: '127.0.0.1', port: 9999, protocol: 'http' }],
    ['tcp://[::1]:2375', 'tcp://[::1]:2375', { host: '[::1]', port: 2375 }],
    ['http://engine:2376', 'http://engine:2376', { port: 2376, protocol: 'http' }],
    ['https://engine', 'https://engine:2376', { port: 2376, protocol: 'https' }],
    ['https://engine:443', 'https://engine:443', { port: 443, protocol: 'https' }],
    ['localhost:2375', 'tcp://localhost:2375', { host: 'localhost', port: 2375, protocol: 'http' }],
  ] as const)('%s', (host, url, modem) => {
    const endpoint = resolve({ host });
    expect(endpoint).toMatchObject({ url, source: 'flag', modem });
    expect(endpoint.tls === undefined).toBe(endpoint.modem.protocol !== 'https');
  });

  it('npipe:// on Windows', () => {
    expect(resolve({ host: 'npipe:////./pipe/docker_engine', platform: 'win32' })).toMatchObject({
      url: 'npipe:////./pipe/docker_engine',
      modem: { socketPath: '//./pipe/docker_engine', host: undefined },
    });
  });

  it.each([
    ['', 'neither a name nor an address'],
    ['/var/run/docker.sock', 'a socket is written unix://PATH'],
    ['docker', 'it has no scheme'],
    ['unix://', 'not absolute'],
    ['unix://docker.sock', 'not absolute'],
    ['unix:///a\u0000b', 'blanks or control characters'],
    ['npipe:////./pipe/docker_engine', 'on Windows alone'],
    ['tcp://', 'neither a name nor an address'],
    ['tcp://:2375', 'the host is missing'],
    ['tcp://a:0', 'no number from 1 to 65535'],
    ['tcp://a:65536', 'no number from 1 to 65535'],
    ['tcp://a:docker', 'no number from 1 to 65535'],
    ['tcp://a:', 'no number from 1 to 65535'],
    ['tcp://a b:1', 'blanks'],
    ['tcp://a:1/prefix', 'a path behind the port'],
    ['tcp://a:1?x', 'a path behind the port'],
    ['tcp://[::1', 'the host is missing'],
    ['tcp://[fe80::1%eth0]:1', 'neither a name nor an address'],
    ['tcp://::1:2375', 'the host is missing'],
    ['ftp://a', 'ftp:// is not known'],
    ['fd://', 'fd:// is not known'],
    ['\u001b[2J', 'control characters'],
  ])('refuses %j', (host, message) => {
    expect(() => resolve({ host })).toThrow(usage(message, 'Good values: unix:///var/run/docker.sock'));
    expect(() => resolve({ host })).toThrow(/^--host: /);
    expect(() => resolve({ env: { DOCKER_HOST: host || ':' } })).toThrow(/^DOCKER_HOST: /);
  });

  it('unix:// on Windows is refused', () => {
    expect(() => resolve({ host: 'unix:///a', platform: 'win32' })).toThrow(usage('does not exist on Windows'));
  });

  it('says how to reach an engine behind ssh', () => {
    expect(() => resolve({ host: 'ssh://me@engine:22' })).toThrow(
      usage('ssh:// is not spoken by Bulkhead itself', 'ssh -nNT -L'),
    );
  });

  it.each(['tcp://me:hunter2@engine:1', 'ssh://me:hunter2@engine', 'tcp://x@me:hunter2@engine'])(
    'does not repeat the password of %s',
    (host) => {
      expect(() => resolve({ host })).toThrow(expect.objectContaining({ message: expect.not.stringContaining('hunter2') }));
    },
  );
});

describe('usual sockets', () => {
  const env = { XDG_RUNTIME_DIR: '/run/user/1000' };
  const order = [
    '/var/run/docker.sock',
    '/run/user/1000/docker.sock',
    '/home/u/.docker/run/docker.sock',
    '/home/u/.docker/desktop/docker.sock',
    '/run/user/1000/podman/podman.sock',
    '/run/podman/podman.sock',
  ];

  it.each(order.map((socket, index) => [socket, index] as const))('%s before those that follow', (socket, index) => {
    expect(resolve({ env, ...having(...order.slice(index)) })).toMatchObject({
      url: `unix://${socket}`,
      source: 'default',
      modem: { socketPath: socket },
    });
  });

  it('lists what it tried', () => {
    expect(() => resolve({ env })).toThrow(
      expect.objectContaining({
        code: 'engine-unreachable',
        message: `No container engine was found. Looked for ${order.join(', ')}.`,
        hint: expect.stringContaining('--host'),
      }),
    );
  });

  it('are pipes on Windows', () => {
    const found = resolve({ platform: 'win32', homeDirectory: 'C:\\Users\\u', ...having('//./pipe/docker_engine') });
    expect(found).toMatchObject({ url: 'npipe:////./pipe/docker_engine', modem: { socketPath: '//./pipe/docker_engine' } });
  });

  it('know no TLS, whatever the environment says', () => {
    expect(resolve({ env: { DOCKER_TLS_VERIFY: '1' }, ...having('/var/run/docker.sock') }).tls).toBeUndefined();
  });
});

describe('files on disk', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(path.join(tmpdir(), 'bulkhead-endpoint-'));
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const digest = (name: string) => createHash('sha256').update(name).digest('hex');
  function put(content: string, ...parts: readonly string[]): void {
    const file = path.join(home, ...parts);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
  /** As `docker context create` lays it out. */
  function putContext(config: string, name: string, endpoint: object, tls: readonly string[] = []): void {
    put(
      JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker: endpoint } }),
      config,
      'contexts',
      'meta',
      digest(name),
      'meta.json',
    );
    for (const file of tls) put(`content of ${file}`, config, 'contexts', 'tls', digest(name), 'docker', file);
  }
  const onDisk = (input: Partial<EndpointInput> = {}) =>
    resolve({
      ...FILE_SYSTEM,
      homeDirectory: home,
      ...input,
      exists: (file) => file === '/var/run/docker.sock' || FILE_SYSTEM.exists(file),
    });

  beforeAll(() => {
    put(JSON.stringify({ auths: {}, currentContext: 'rootless' }), '.docker', 'config.json');
    putContext('.docker', 'rootless', { Host: 'unix:///run/user/1000/docker.sock', SkipTLSVerify: false });
    putContext('.docker', 'remote', { Host: 'tcp://engine.example:2376', SkipTLSVerify: false }, [
      'ca.pem',
      'cert.pem',
      'key.pem',
    ]);
    putContext('.docker', 'odd-port', { Host: 'tcp://engine.example:4243', SkipTLSVerify: false }, ['ca.pem']);
    putContext('.docker', 'careless', { Host: 'tcp://engine.example:4243', SkipTLSVerify: true });
    putContext('.docker', 'plain', { Host: 'tcp://engine.example:2375' });
    putContext('.docker', 'far', { Host: 'ssh://me@engine.example' });
    putContext('.docker', 'hollow', {});
    put('{"Name": "broken', '.docker', 'contexts', 'meta', digest('broken'), 'meta.json');
    put(JSON.stringify({ currentContext: 'plain' }), 'elsewhere', 'config.json');
    putContext('elsewhere', 'plain', { Host: 'tcp://elsewhere.example:2375' });
    put('{"auths": {"x": {"auth": "aHVzaA=="}}, oops', 'invalid', 'config.json');
    put('{}', 'fresh', 'config.json');
    put('{"currentContext": "default"}', 'explicit', 'config.json');
    put('certificate', 'half', 'cert.pem');
    put('authority', 'half', 'ca.pem');
    for (const file of ['ca.pem', 'cert.pem', 'key.pem']) put(`content of ${file}`, 'certs', file);
  });

  const everything = { DOCKER_HOST: 'unix:///from/env.sock', DOCKER_CONTEXT: 'plain' };
  it.each([
    ['the flag before everything', { host: 'unix:///from/flag.sock', env: everything }, 'unix:///from/flag.sock', 'flag'],
    ['DOCKER_HOST before contexts', { env: everything }, 'unix:///from/env.sock', 'DOCKER_HOST'],
    ['DOCKER_CONTEXT before the current one', { env: { DOCKER_CONTEXT: 'plain' } }, 'tcp://engine.example:2375', 'context plain'],
    ['the current context before usual sockets', {}, 'unix:///run/user/1000/docker.sock', 'context rootless'],
    [
      'empty variables are none',
      { env: { DOCKER_HOST: '', DOCKER_CONTEXT: '', DOCKER_CONFIG: '' } },
      'unix:///run/user/1000/docker.sock',
      'context rootless',
    ],
    [
      'DOCKER_CONTEXT=default means the usual sockets',
      { env: { DOCKER_CONTEXT: 'default' } },
      'unix:///var/run/docker.sock',
      'default',
    ],
  ] as const)('%s', (_what, input, url, source) => {
    expect(onDisk(input)).toMatchObject({ url, source });
  });

  it.each([
    ['elsewhere', 'tcp://elsewhere.example:2375', 'context plain'],
    ['fresh', 'unix:///var/run/docker.sock', 'default'],
    ['explicit', 'unix:///var/run/docker.sock', 'default'],
    ['absent', 'unix:///var/run/docker.sock', 'default'],
  ])('honours DOCKER_CONFIG=%s', (directory, url, source) => {
    expect(onDisk({ env: { DOCKER_CONFIG: path.join(home, directory) } })).toMatchObject({ url, source });
  });

  it('reads the certificates of a context', () => {
    const found = onDisk({ env: { DOCKER_CONTEXT: 'remote' } });
    expect(found.tls).toEqual({
      verify: true,
      directory: path.join(home, '.docker', 'contexts', 'tls', digest('remote'), 'docker'),
    });
    expect(found.modem).toMatchObject({
      protocol: 'https',
      ca: Buffer.from('content of ca.pem'),
      cert: Buffer.from('content of cert.pem'),
      key: Buffer.from('content of key.pem'),
    });
    expect(found.modem.agent).toBeUndefined();
  });

  it('speaks TLS on any port when a context has certificates', () => {
    expect(onDisk({ env: { DOCKER_CONTEXT: 'odd-port' } })).toMatchObject({
      modem: { protocol: 'https' },
      tls: { verify: true },
    });
  });

  it('skips verification only where a context says so', () => {
    const found = onDisk({ env: { DOCKER_CONTEXT: 'careless' } });
    expect(found).toMatchObject({ modem: { protocol: 'https' }, tls: { verify: false } });
    expect(found.modem.agent?.options.rejectUnauthorized).toBe(false);
  });

  it('does not lend the variables of DOCKER_HOST to a context', () => {
    const env = { DOCKER_CONTEXT: 'plain', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: path.join(home, 'certs') };
    expect(onDisk({ env })).toMatchObject({ modem: { protocol: 'http', ca: undefined } });
  });

  it('lists the known contexts when one is unknown', () => {
    expect(() => onDisk({ env: { DOCKER_CONTEXT: 'remot\u001be' } })).toThrow(
      usage(
        'DOCKER_CONTEXT: there is no docker context "remot\\u001be"',
        'Known contexts: default, careless, far, hollow, odd-port, plain, remote, rootless.',
      ),
    );
  });

  it('says that config.json chose it', () => {
    const reads = {
      readFile: (file: string) => (file.endsWith('config.json') ? Buffer.from('{"currentContext":"gone"}') : undefined),
    };
    expect(() => resolve(reads)).toThrow(
      usage('/home/u/.docker/config.json: there is no docker context "gone"', 'Known contexts: default.'),
    );
  });

  it.each([
    ['far', 'docker context far: ssh:// is not spoken', 'ssh -nNT'],
    ['hollow', 'names no engine', '--host'],
    ['broken', 'it is not JSON', '--host'],
  ])('refuses the context %s', (name, message, hint) => {
    expect(() => onDisk({ env: { DOCKER_CONTEXT: name } })).toThrow(usage(message, hint));
  });

  it('names an invalid config.json and repeats nothing of it', () => {
    const run = () => onDisk({ env: { DOCKER_CONFIG: path.join(home, 'invalid') } });
    expect(run).toThrow(usage(`${path.join(home, 'invalid', 'config.json')} cannot be read: it is not JSON.`));
    expect(run).toThrow(expect.objectContaining({ message: expect.not.stringContaining('aHVzaA') }));
  });

  it('does not need config.json when the engine is given', () => {
    expect(onDisk({ host: 'unix:///a', env: { DOCKER_CONFIG: path.join(home, 'invalid') } }).url).toBe('unix:///a');
  });

  it.each(['1', '0', 'no'])('verifies with DOCKER_TLS_VERIFY=%s, as the docker command does', (value) => {
    const env = {
      DOCKER_HOST: 'tcp://engine.example:2375',
      DOCKER_TLS_VERIFY: value,
      DOCKER_CERT_PATH: path.join(home, 'certs'),
    };
    expect(onDisk({ env })).toMatchObject({
      modem: { protocol: 'https', ca: Buffer.from('content of ca.pem') },
      tls: { verify: true, directory: path.join(home, 'certs') },
    });
  });

  it('does not verify with DOCKER_TLS alone', () => {
    expect(onDisk({ env: { DOCKER_HOST: 'tcp://e:2376', DOCKER_TLS: '1' } }).tls).toEqual({
      verify: false,
      directory: path.join(home, '.docker'),
    });
    expect(onDisk({ env: { DOCKER_HOST: 'tcp://e:2376', DOCKER_TLS: '1', DOCKER_TLS_VERIFY: '1' } }).tls?.verify).toBe(true);
    expect(onDisk({ env: { DOCKER_HOST: 'tcp://e:2376' } }).tls?.verify).toBe(true);
  });

  it('verifies against public authorities where there are no certificates', () => {
    expect(onDisk({ host: 'https://e' })).toMatchObject({
      modem: { protocol: 'https', ca: undefined, agent: undefined },
      tls: { verify: true },
    });
  });

  it('refuses certificates that are not there or half there', () => {
    const at = (directory: string) => () => onDisk({ host: 'https://e', env: { DOCKER_CERT_PATH: path.join(home, directory) } });
    expect(at('absent')).toThrow(usage('there is no ca.pem', 'ca.pem, cert.pem and key.pem'));
    expect(at('half')).toThrow(usage('only one of cert.pem and key.pem'));
  });

  it('refuses http:// where TLS is demanded', () => {
    expect(() => onDisk({ host: 'http://e', env: { DOCKER_TLS_VERIFY: '1' } })).toThrow(usage('asks for TLS'));
  });

  it('names a certificate that cannot be read', () => {
    mkdirSync(path.join(home, 'closed', 'ca.pem'), { recursive: true });
    expect(() => onDisk({ host: 'https://e', env: { DOCKER_CERT_PATH: path.join(home, 'closed') } })).toThrow(
      usage('cannot be read'),
    );
  });

  describe('dockerode with these options', () => {
    afterEach(() => vi.unstubAllEnvs());

    const create = (options: object): Docker => new Docker(options);

    async function answered(listen: ListenOptions, host: (address: AddressInfo) => string, make = create): Promise<unknown> {
      const server = http.createServer((request, response) => {
        response.setHeader('content-type', 'application/json').end(JSON.stringify({ path: request.url }));
      });
      await new Promise<void>((done) => {
        server.listen(listen, done);
      });
      try {
        return await make({ ...onDisk({ host: host(server.address() as AddressInfo) }).modem, version: 'v1.44' }).version();
      } finally {
        server.closeAllConnections();
        server.close();
      }
    }

    const ways: readonly [string, (make?: typeof create) => Promise<unknown>][] = [
      ['a socket', (make) => answered({ path: path.join(home, 'e.sock') }, () => `unix://${path.join(home, 'e.sock')}`, make)],
      ['IPv4', (make) => answered({ host: '127.0.0.1', port: 0 }, ({ port }) => `tcp://127.0.0.1:${port}`, make)],
      ['IPv6', (make) => answered({ host: '::1', port: 0 }, ({ port }) => `tcp://[::1]:${port}`, make)],
      ['http', (make) => answered({ host: '127.0.0.1', port: 0 }, ({ port }) => `http://localhost:${port}`, make)],
    ];

    it.each(ways)('reaches %s', async (_what, run) => {
      expect(await run()).toEqual({ path: '/v1.44/version' });
    });

    it.each(ways)('reaches %s though the environment names another engine', async (_what, run) => {
      vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2376');
      vi.stubEnv('DOCKER_TLS_VERIFY', '1');
      vi.stubEnv('DOCKER_PATH_PREFIX', '/elsewhere');
      vi.stubEnv('DOCKER_CLIENT_TIMEOUT', '1');
      expect(await run()).toEqual({ path: '/v1.44/version' });
    });

    it('is not kept from another engine by certificates that are not there', async () => {
      vi.stubEnv('DOCKER_HOST', 'tcp://192.0.2.1:2376');
      vi.stubEnv('DOCKER_CERT_PATH', path.join(home, 'absent'));
      const [[, run] = ['', () => Promise.reject(new Error('no way'))]] = ways;
      await expect(run()).rejects.toThrow('ENOENT');
      expect(await run((options) => withoutEngineVariables(() => create(options)))).toEqual({ path: '/v1.44/version' });
      expect(process.env['DOCKER_HOST']).toBe('tcp://192.0.2.1:2376');
    });
  });
});
