import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureClients } from '../../samples/clients/install.ts';
import { ensureServerImage, type ServerName } from '../../samples/servers/images.ts';
import type { Profile } from '../../src/model/profile.ts';
import { ALLOWED, CompartmentBench } from '../support/compartments.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';
import { callOverHttp, publishedBy, statuses, tokenOf, type PublishedServer } from '../support/published.ts';
import { eventually, Running } from '../support/running.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const TRANSPORTS = ['streamable-http', 'sse'] as const;
type Transport = (typeof TRANSPORTS)[number];
/** What tells the sample server to speak it. */
const ARGUMENT = { 'streamable-http': 'streamableHttp', sse: 'sse' } as const;
const PROFILES = ['none', 'hosts', 'network'] as const;
type ProfileName = (typeof PROFILES)[number];
const NETWORK: Readonly<Record<ProfileName, Profile>> = {
  none: {},
  hosts: ALLOWED,
  network: { network: { outbound: { insecure_allow_all: true } } },
};

describe.skipIf(NO_LAB)(`${LAB_NAME}: clients of servers in compartments`, () => {
  let session: LabSession;
  let bench: CompartmentBench;
  let data: string;
  let images: Readonly<Record<ServerName, string>>;
  let profiles: Readonly<Record<ProfileName, string>>;

  beforeAll(async () => {
    session = await openLab();
    bench = await CompartmentBench.open(session);
    data = path.join(bench.directory, 'data');
    await mkdir(data);
    await writeFile(path.join(data, 'note.txt'), 'kept on the host\n');
    const { docker } = session;
    images = {
      everything: await ensureServerImage(docker, 'everything'),
      filesystem: await ensureServerImage(docker, 'filesystem'),
      memory: await ensureServerImage(docker, 'memory'),
    };
    const written = async (name: ProfileName): Promise<string> => bench.profile({ ...NETWORK[name], read: [`${data}:/data`] });
    profiles = { none: await written('none'), hosts: await written('hosts'), network: await written('network') };
  });
  afterAll(async () => bench?.close());

  /** `bulkhead run --detach` of the sample server, and what it printed for clients. */
  async function publish(name: string, transport: Transport, ...options: readonly string[]): Promise<PublishedServer> {
    const args = ['run', '--name', name, '--transport', transport, '--detach', ...options];
    const { exitCode, stdout, stderr } = await bench.run([...args, images.everything, ARGUMENT[transport]]);
    expect(exitCode, stderr).toBe(0);
    return publishedBy(stdout, name);
  }

  async function gone(): Promise<void> {
    await eventually(async () => bench.leftovers()).toEqual([]);
  }

  describe.each(PROFILES)('over stdio, profile %s', (profile) => {
    const cases: readonly (readonly [ServerName, readonly string[], string, (client: Client) => Promise<void>])[] = [
      [
        'everything',
        ['stdio'],
        'echo',
        async (client) => {
          expect(await textOf(client, 'echo', { message: 'through the wall' })).toBe('Echo: through the wall');
          expect(await textOf(client, 'get-sum', { a: 20, b: 22 })).toContain('42');
        },
      ],
      [
        'memory',
        [],
        'read_graph',
        async (client) => {
          const entity = { name: 'bulkhead', entityType: 'wall', observations: ['holds water'] };
          await textOf(client, 'create_entities', { entities: [entity] });
          expect(JSON.parse(await textOf(client, 'read_graph', {}))).toEqual({ entities: [entity], relations: [] });
        },
      ],
      [
        'filesystem',
        [],
        'read_text_file',
        async (client) => {
          expect(await textOf(client, 'read_text_file', { path: '/data/note.txt' })).toBe('kept on the host\n');
        },
      ],
    ];

    it.each(cases)('server-%s answers the official client', async (server, args, tool, check) => {
      // Its own directory in the image is read-only, like all of it.
      const env = server === 'memory' ? ['--env', 'MEMORY_FILE_PATH=/tmp/memory.jsonl'] : [];
      const client = await bench.connectStdio(['run', '--profile', profiles[profile], ...env, images[server], ...args]);
      try {
        expect((await client.listTools()).tools.map(({ name }) => name)).toContain(tool);
        await check(client);
      } finally {
        await client.close();
      }
      await gone();
    });
  });

  describe.each(TRANSPORTS)('over %s', (transport) => {
    const servers = new Map<ProfileName, PublishedServer>();
    const of = (profile: ProfileName): PublishedServer => servers.get(profile) ?? expect.fail(`${profile} was not started`);

    beforeAll(async () => {
      for (const profile of PROFILES) {
        servers.set(profile, await publish(`clients-${profile}`, transport, '--profile', profiles[profile]));
      }
    });
    afterAll(async () => {
      await bench.run(['rm', '--force', ...[...servers.keys()].map((profile) => `clients-${profile}`)]);
      expect(await bench.leftovers()).toEqual([]);
    });

    it.each(PROFILES)('the official client is answered, profile %s', async (profile) => {
      const server = of(profile);
      expect(server).toEqual({
        type: transport === 'sse' ? 'sse' : 'http',
        url: expect.stringMatching(transport === 'sse' ? /^http:\/\/127\.0\.0\.1:\d+\/sse$/ : /^http:\/\/127\.0\.0\.1:\d+\/mcp$/),
        headers: { Authorization: expect.stringMatching(/^Bearer [\w-]{43}$/) },
      });
      expect(await callOverHttp(session.lab, server, 'echo', { message: profile })).toMatchObject({
        server: 'mcp-servers/everything',
        tools: expect.arrayContaining(['echo', 'get-sum']),
        content: [{ type: 'text', text: `Echo: ${profile}` }],
      });
      // What the server sends while it works arrives too.
      const long = await callOverHttp(session.lab, server, 'trigger-long-running-operation', { duration: 0.4, steps: 4 });
      expect(long.progress, JSON.stringify(long)).toBeGreaterThan(1);
    });

    it.each(PROFILES)('only who has the token, and comes from here, is answered, profile %s', async (profile) => {
      const { url, headers } = of(profile);
      const authorization = headers.Authorization;
      const { host, port } = new URL(url);
      const json = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
      const codes = await statuses(session.lab, url, [
        json,
        { ...json, authorization: 'Bearer wrong' },
        { ...json, authorization: authorization.replace('Bearer', 'Basic') },
        { ...json, authorization, origin: 'https://canary.test' },
        { ...json, authorization, origin: 'null' },
        { ...json, authorization, host: `canary.test:${port}` },
        // The control: with all of that right, it is the server that answers (and finds the request wanting).
        { ...json, authorization, host },
        { ...json, authorization, host, origin: `http://${host}` },
      ]);
      expect(codes.slice(0, 6)).toEqual([401, 401, 401, 403, 403, 403]);
      for (const code of codes.slice(6)) expect([400, 404, 405]).toContain(code);
    });

    it('the port is open on the loopback of the machine, and nowhere else', async () => {
      const { port } = new URL(of('hosts').url);
      const dial = async (from: 'host' | 'inet', address: string): Promise<string> => {
        const script = `require('net').connect(${port}, '${address}').on('connect', () => { console.log('open'); process.exit(); }).on('error', ({ code }) => console.log(code))`;
        return (await session.lab.exec(from, [process.execPath, '-e', script])).stdout;
      };
      expect(await dial('host', '127.0.0.1')).toBe('open');
      for (const from of ['host', 'inet'] as const) expect(await dial(from, '198.51.100.1')).toBe('ECONNREFUSED');
    });
  });

  describe('a token', () => {
    it('goes into a file that only its owner may read, and is not printed', async () => {
      const file = path.join(bench.directory, 'token');
      const server = await publish('clients-token', 'streamable-http', '--token-file', file);
      const token = (await readFile(file, 'utf8')).trim();
      expect(token).toMatch(/^[\w-]{43}$/);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(tokenOf(server)).toBe(`<content of ${file}>`);
      const answer = await callOverHttp(session.lab, { ...server, headers: { Authorization: `Bearer ${token}` } }, 'echo', {
        message: 'from a file',
      });
      expect(answer.content).toEqual([{ type: 'text', text: 'Echo: from a file' }]);
      const { Config } = await session.docker.getContainer('clients-token-gateway').inspect();
      expect(JSON.stringify(Config)).not.toContain(token);
      await bench.run(['rm', '--force', 'clients-token']);
    });

    it('is not written into a file that is there already: nothing is started', async () => {
      const file = path.join(bench.directory, 'not-a-token');
      await writeFile(file, 'mine');
      const args = [
        'run',
        '--transport',
        'streamable-http',
        '--detach',
        '--token-file',
        file,
        images.everything,
        'streamableHttp',
      ];
      const { exitCode, stdout, stderr } = await bench.run(args);
      expect([exitCode, stdout, stderr]).toEqual([2, '', expect.stringMatching(/could not be written[\s\S]*does not exist yet/)]);
      expect(await readFile(file, 'utf8')).toBe('mine');
      await gone();
    });
  });

  it('in the foreground, a server over HTTP answers until Ctrl-C', async () => {
    const running = new Running(
      bench.start(['run', '--name', 'clients-here', '--transport', 'streamable-http', images.everything, 'streamableHttp']),
    );
    await running.says(/^\}$/m);
    const server = publishedBy(running.stdout, 'clients-here');
    expect(await callOverHttp(session.lab, server, 'get-sum', { a: 1, b: 2 })).toMatchObject({
      server: 'mcp-servers/everything',
    });
    running.child.kill('SIGINT');
    expect(await running.ended).toEqual({ code: 130, signal: null });
    // What the server wrote came to the person, and not among what clients read.
    expect(running.stderr).toMatch(/listening on port 3001/i);
    expect(await bench.leftovers()).toEqual([]);
  });

  describe('the configuration that is printed', () => {
    let inspector: string;
    let home: string;

    beforeAll(async () => {
      inspector = path.join(await ensureClients(), '.bin/mcp-inspector');
      home = path.join(bench.directory, 'home');
      await mkdir(path.join(home, 'bin'), { recursive: true });
      await symlink(CLI, path.join(home, 'bin/bulkhead'));
    });

    /** The Inspector without its windows: a second client, with a program of its own on both transports. */
    async function inspect(args: readonly string[]): Promise<Record<string, unknown>> {
      const environment = {
        HOME: home,
        PATH: [path.join(home, 'bin'), path.dirname(process.execPath), '/usr/bin', '/bin'].join(':'),
      };
      const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
      const argv = ['env', '-i', ...variables, process.execPath, inspector, '--cli', '--format', 'json', ...args] as const;
      const { stdout, stderr, exitCode } = await session.lab.exec('host', [...argv], { timeoutMs: 60_000 });
      expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
      const answer = JSON.parse(stdout) as Record<string, unknown>;
      return (answer['result'] ?? answer) as Record<string, unknown>;
    }

    async function configuration(text: string): Promise<string> {
      const file = path.join(bench.directory, `clients-${Math.random().toString(36).slice(2)}.json`);
      await writeFile(file, text);
      return file;
    }

    const echo = ['--method', 'tools/call', '--tool-name', 'echo', '--tool-arg', 'message=inspected'];

    it('by --print-config starts the server over stdio, from any directory, and itself starts nothing', async () => {
      await writeFile(path.join(bench.directory, 'relative.json'), JSON.stringify(ALLOWED));
      const host = ['--host', session.lab.dockerHost];
      const { stdout, exitCode } = await bench.run([
        'run',
        '--print-config',
        '--profile',
        'relative.json',
        ...host,
        images.everything,
        'stdio',
      ]);
      expect(exitCode).toBe(0);
      expect(await bench.leftovers()).toEqual([]);
      expect(JSON.parse(stdout)).toEqual({
        mcpServers: {
          'mcp-server-everything': {
            command: 'bulkhead',
            args: ['run', '--profile', path.join(bench.directory, 'relative.json'), ...host, images.everything, 'stdio'],
          },
        },
      });
      const server = ['--config', await configuration(stdout), '--server', 'mcp-server-everything'];
      const { tools } = await inspect([...server, '--method', 'tools/list']);
      expect((tools as readonly { readonly name: string }[]).map(({ name }) => name)).toContain('echo');
      expect(await inspect([...server, ...echo])).toMatchObject({ content: [{ type: 'text', text: 'Echo: inspected' }] });
      await gone();
    });

    it.each(TRANSPORTS)('by run --detach leads the Inspector to the server over %s', async (transport) => {
      const server = await publish('clients-inspected', transport, '--profile', profiles.hosts);
      const file = await configuration(JSON.stringify({ mcpServers: { inspected: server } }));
      expect(await inspect(['--config', file, '--server', 'inspected', ...echo])).toMatchObject({
        content: [{ type: 'text', text: 'Echo: inspected' }],
      });
      const by = ['--transport', server.type, '--header', `Authorization: ${server.headers.Authorization}`];
      const { tools } = await inspect([server.url, ...by, '--method', 'tools/list']);
      expect((tools as readonly { readonly name: string }[]).map(({ name }) => name)).toContain('get-sum');
      await bench.run(['rm', '--force', 'clients-inspected']);
      await gone();
    });
  });
});

async function textOf(client: Client, name: string, args: Record<string, unknown>): Promise<string> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const text = (content as readonly { readonly text?: string }[]).map((part) => part.text ?? '').join('');
  if (isError === true) throw new Error(`${name}: ${text}`);
  return text;
}
