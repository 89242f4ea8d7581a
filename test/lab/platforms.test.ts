import { execa } from 'execa';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage, ensureServerImage } from '../../samples/servers/images.ts';
import { discoverTargets } from '../../src/discovery/discover.ts';
import type { Profile } from '../../src/model/profile.ts';
import type { Platform, PlatformRun, PlatformServer } from '../../src/platforms/platform.ts';
import { platformOf } from '../../src/platforms/registry.ts';
import { BUILT_IN_PROFILES } from '../../src/profiles/built-in.ts';
import { sweep } from '../../src/runtime/cleanup.ts';
import { connect, type Engine } from '../../src/runtime/connect.ts';
import { inspectContainers } from '../../src/runtime/containers.ts';
import { FILE_SYSTEM, resolveEndpoint } from '../../src/runtime/endpoint.ts';
import { audit, statuses } from '../support/audit.ts';
import { ALLOWED } from '../support/compartments.ts';
import { findCompose } from '../support/compose.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SAMPLES = path.join(ROOT, 'samples/platforms');
const COMPOSE = NO_LAB ? ({ reason: 'no lab' } as const) : await findCompose();
const NO_COMPOSE = 'reason' in COMPOSE;
const COMPOSE_NAME = NO_COMPOSE ? `compose skipped: ${COMPOSE.reason}` : 'compose';
/** Longer than anything that a run creates may live. */
const LATER_MS = 31 * 60_000;

/** The three ways in which one image is compared. */
const WAYS = { defaults: undefined, profile: ALLOWED, nothing: BUILT_IN_PROFILES.none } as const;
type WayName = keyof typeof WAYS;

describe.skipIf(NO_LAB)(`${LAB_NAME}: platforms on ${ENGINE}`, () => {
  let session: LabSession;
  let engine: Engine;
  let image: string;
  let nodeImage: string;
  let directory: string;
  let temporary: string;
  let before: readonly string[];
  let env: Record<string, string | undefined>;
  const started: PlatformServer[] = [];

  beforeAll(async () => {
    session = await openLab();
    const { lab } = session;
    engine = await connect(
      resolveEndpoint({
        ...FILE_SYSTEM,
        host: lab.dockerHost,
        env: {},
        homeDirectory: '/nonexistent',
        platform: process.platform,
      }),
    );
    image = await ensureServerImage(engine.docker, 'everything');
    nodeImage = await ensureNodeImage(engine.docker);
    directory = await mkdtemp(path.join(lab.sharedDir, 'platforms-'));
    temporary = await mkdtemp(path.join(lab.sharedDir, 'temporary-'));
    process.env['TMPDIR'] = temporary;
    await executable('bin/thv', `#!/bin/sh\nexec "${process.execPath}" -- "${ROOT}/test/support/thv.ts" "$@"\n`);
    env = {
      PATH: [path.join(directory, 'bin'), NO_COMPOSE ? '' : COMPOSE.path, path.dirname(process.execPath), process.env['PATH']]
        .filter((place) => place !== '')
        .join(path.delimiter),
      HOME: directory,
      TMPDIR: temporary,
      THV_IMAGE: nodeImage,
      THV_LOG: path.join(directory, 'thv.log'),
      HALF_WAY_PROXY_IMAGE: nodeImage,
    };
    await writeFile(path.join(directory, 'compose.yaml'), COMPOSE_FILE.replace('IMAGE', image).replace('NODE', nodeImage));
    await writeFile(
      path.join(directory, 'compose.none.yaml'),
      'services: {server: {network_mode: none, networks: !reset null}}\n',
    );
    // A relay or a gateway makes this image once, and keeps it.
    before = await everything();
  });
  afterEach(async () => {
    for (const server of started.splice(0)) await server.remove();
  });
  afterAll(async () => {
    delete process.env['TMPDIR'];
    for (const place of [directory, temporary]) if (place !== undefined) await rm(place, { recursive: true, force: true });
  });

  async function executable(name: string, text: string): Promise<string> {
    const file = path.join(directory, name);
    await execa('mkdir', ['-p', path.dirname(file)]);
    await writeFile(file, text);
    await chmod(file, 0o755);
    return file;
  }

  /** All containers, networks, volumes and temporary files: what nobody removes is among them. */
  async function everything(): Promise<readonly string[]> {
    const { docker } = engine;
    const { Volumes } = (await docker.listVolumes()) as { readonly Volumes?: readonly { readonly Name: string }[] | null };
    return [
      ...(await docker.listContainers({ all: true })).map(({ Names }) => `container ${Names.join()}`),
      ...(await docker.listNetworks()).map(({ Name }) => `network ${Name}`),
      ...(Volumes ?? []).map(({ Name }) => `volume ${Name}`),
      ...(await readdir(temporary)).map((name) => `file ${name}`),
    ].toSorted();
  }

  function words(): Readonly<Record<string, string>> {
    return {
      docker: 'docker',
      bulkhead: 'bulkhead',
      toolhive: 'toolhive',
      compose: `compose:${path.join(directory, 'compose.yaml')}#server`,
      cosmetic: path.join(SAMPLES, 'cosmetic.ts'),
      halfway: path.join(SAMPLES, 'half-way.ts'),
    };
  }

  function platform(name: string, more: Record<string, string> = {}): Platform {
    return platformOf(words()[name] ?? name, { env: { ...env, ...more } });
  }

  function request(name: string, more: Partial<PlatformRun> = {}): PlatformRun {
    return {
      engine,
      name: `cmp-${name}-${Math.random().toString(36).slice(2, 8)}`,
      image,
      // The image's own argument is another transport.
      args: ['stdio'],
      env: ['MARK=one two'],
      transport: 'stdio',
      signal: new AbortController().signal,
      progress: () => undefined,
      ...more,
    };
  }

  async function start(name: string, way: WayName): Promise<{ run: PlatformRun; server: PlatformServer }> {
    const profile: Profile | undefined = WAYS[way];
    const run = request(`${name}-${way}`, profile === undefined ? {} : { profile });
    const server = await platform(name).start(run);
    started.push(server);
    return { run, server };
  }

  describe.each(['docker', 'bulkhead', 'toolhive', 'compose', 'cosmetic', 'halfway'])('%s', (name) => {
    const skip = name === 'compose' && NO_COMPOSE;

    it.skipIf(skip)(
      skip ? COMPOSE_NAME : 'starts a server three ways at once, which live and are found, and removes all of it',
      async () => {
        expect(await platform(name).find(engine)).toMatchObject({
          state: 'ready',
          version: expect.stringMatching(/\d/) as string,
        });
        const ways = Object.keys(WAYS) as readonly WayName[];
        const servers = await Promise.all(ways.map((way) => start(name, way)));
        // Those over stdio end with their input, and a restart policy would hide it.
        await delay(1500);
        const containers = await inspectContainers(engine.docker);
        for (const [index, { server }] of servers.entries()) {
          const way = ways[index] ?? 'defaults';
          const container = containers.find(({ id }) => id === server.containerId);
          if (container === undefined) throw new Error(`${name}, ${way}: no container ${server.containerId}`);
          expect(container.state, way).toBe('running');
          expect(Date.now() - Date.parse(container.startedAt), `${way}: restarted`).toBeGreaterThan(1500);
          expect(container.environment, way).toContain('MARK=one two');
          expect(container.command.join(' '), way).toMatch(/stdio$/);
          const { targets } = discoverTargets(containers, { names: [container.name], all: false });
          expect(
            targets.map(({ id }) => id),
            way,
          ).toEqual([server.containerId]);
          expect(server.command, way).not.toContain('one two');
          expect(await networksOf(server.containerId), way).toEqual(EXPECTED[name]?.[way]);
        }
        for (const { server } of servers) expect(await server.remove()).toEqual([]);
        expect(await everything()).toEqual(before);
        for (const { server } of servers) expect(await server.remove()).toEqual([]);
      },
    );

    it.skipIf(skip)(
      skip ? COMPOSE_NAME : 'a server that ends at once is an error with its words, and nothing is left',
      async () => {
        const run = request(name, {
          image: nodeImage,
          args: ['-e', 'console.error("no such licence"); process.exitCode = 3'],
          profile: ALLOWED,
        });
        const failed = await platform(name)
          .start(run)
          .catch((error: unknown) => error);
        expect(failed).toMatchObject({
          message: expect.stringMatching(/(?:code 3|started again) right after its start: no such licence/) as string,
        });
        expect(await everything()).toEqual(before);
      },
    );

    it.skipIf(skip)(skip ? COMPOSE_NAME : 'an interruption at any of five moments leaves nothing', async () => {
      for (const ms of [0, 100, 300, 700, 1500]) {
        const controller = new AbortController();
        const starting = platform(name)
          .start(request(name, { profile: ALLOWED, signal: controller.signal }))
          .catch((error: unknown) => error);
        await delay(ms);
        controller.abort();
        const outcome = await starting;
        if (outcome instanceof Error) expect(outcome, `${ms} ms`).toMatchObject({ code: 'interrupted' });
        else expect(await (outcome as PlatformServer).remove(), `${ms} ms`).toEqual([]);
        // What was asked of the engine just then would be there by now.
        await delay(500);
        expect(await everything(), `${ms} ms`).toEqual(before);
      }
    });
  });

  /** The names of the networks that a server is in, without what is particular to the run; `none` without one. */
  async function networksOf(id: string): Promise<string> {
    const container = (await inspectContainers(engine.docker)).find((one) => one.id === id);
    const { networkMode = '', networks = [] } = container?.configuration ?? {};
    if (networkMode.startsWith('container:')) return 'another container';
    if (networks.length === 0 || networkMode === 'none') return 'none';
    return networks.map(({ name, internal }) => `${kindOf(name)}${internal ? ' (internal)' : ''}`).join();
  }

  it('ToolHive gets the profile in a file of its own, gone afterwards, and the labels of a session', async () => {
    const { run, server } = await start('toolhive', 'profile');
    await start('toolhive', 'nothing');
    await start('toolhive', 'defaults');
    const calls = (await readFile(env['THV_LOG'] ?? '', 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ThvCall);
    const [defaults, nothing, profile] = calls.filter(({ verb }) => verb === 'run').toReversed();
    expect(profile?.profile).toEqual({ mode: '600', content: ALLOWED });
    expect(profile?.words).toContain('--isolate-network');
    expect(nothing?.profile).toBe('none');
    expect(defaults?.words).not.toContain('--permission-profile');
    expect(JSON.stringify(calls)).not.toContain('one two');
    expect(server.command).toMatch(
      /^thv run --name \S+ --transport stdio --permission-profile PROFILE\.json --isolate-network --env MARK /,
    );
    const { Config } = await engine.docker.getContainer(server.containerId).inspect();
    expect(Config.Labels).toMatchObject({ 'toolhive-basename': run.name, 'dev.bulkhead.session': expect.any(String) as string });
  });

  it('a deployment of ToolHive that comes to nothing is an error with what ToolHive says of it', async () => {
    const failed = platform('toolhive', { THV_FAULT: 'deploy' }).start(request('fault'));
    await expect(failed).rejects.toThrow(/no server of it came to run: Error: no such host/);
    expect(await everything()).toEqual(before);
  });

  it('ToolHive that is not installed, or too old, is missing', async () => {
    const absent = platformOf('toolhive', { env: { PATH: path.join(directory, 'nothing-here') } });
    expect(await absent.find(engine)).toEqual({
      state: 'missing',
      why: 'there is no thv on PATH',
      hint: expect.stringContaining('Install') as string,
    });
    await expect(absent.start(request('absent'))).rejects.toMatchObject({ code: 'usage' });
    expect(await platform('toolhive', { THV_VERSION: 'v0.2.9' }).find(engine)).toMatchObject({
      state: 'missing',
      why: /0\.2\.9/,
    });
  });

  it.skipIf(NO_COMPOSE)(`${COMPOSE_NAME}: a service that cannot start takes the others with it`, async () => {
    const file = path.join(directory, 'broken.yaml');
    await writeFile(
      file,
      `services:
  server: {image: "${image}", depends_on: [helper]}
  helper: {image: "${nodeImage}", entrypoint: ["/no/such/program"], depends_on: [first], volumes: ["kept:/kept"]}
  first: {image: "${nodeImage}", command: ["-e", "setInterval(() => {}, 1e6)"]}
volumes: {kept: {}}
`,
    );
    const failed = platformOf(`compose:${file}#server`, { env }).start(request('broken'));
    await expect(failed).rejects.toMatchObject({
      code: 'engine-failed',
      message: expect.stringContaining('docker compose up') as string,
    });
    expect(await everything()).toEqual(before);
  });

  it('a program that starts a server and then talks nonsense, or too long, leaves nothing', async () => {
    const cosmetic = path.join(SAMPLES, 'cosmetic.ts');
    const node = `"${process.execPath}" "${cosmetic}"`;
    for (const [what, then] of Object.entries({
      'something that is not JSON': 'echo rubbish',
      '2 lines': `echo '{}'; echo '{}'`,
      'printed too much': 'yes',
      'ended with code 7: on purpose': 'echo on purpose >&2; exit 7',
      'has no container nobody': `echo '{"container":"nobody"}'`,
      'JSON that is no answer': `echo '{"container":"../x"}'`,
    })) {
      const file = await executable(
        'broken',
        `#!/bin/sh\n[ "$1" = start ] || exec ${node} "$@"\n${node} "$@" >/dev/null\n${then}\n`,
      );
      await expect(platformOf(file, { env }).start(request('broken')), what).rejects.toThrow(what);
      expect(await everything(), what).toEqual(before);
    }
  });

  it('half-way is what it says: the proxy holds, names and the host are open', async () => {
    const { server } = await start('halfway', 'profile');
    const profile = path.join(directory, 'allowed.json');
    await writeFile(profile, JSON.stringify(ALLOWED));
    const result = await audit(session, { names: [server.containerId], profiles: [profile] });
    const name = result.report.targets[0]?.name ?? '';
    const judged = (check: string): string => statuses(result.of(name, check));
    expect([judged('NET-004'), judged('NET-005'), judged('NET-006')], 'what the proxy holds').toEqual(['pass', 'pass', 'pass']);
    expect(judged('NET-010'), 'names').toContain('fail');
    expect(judged('HOST-001'), 'the host').toContain('fail');
  });

  it('what a killed run started is swept by the next one', async () => {
    const script = `
      import { connect } from '${ROOT}/src/runtime/connect.ts';
      import { FILE_SYSTEM, resolveEndpoint } from '${ROOT}/src/runtime/endpoint.ts';
      import { platformOf } from '${ROOT}/src/platforms/registry.ts';
      const [host, image, profile, ...words] = process.argv.slice(1);
      const engine = await connect(resolveEndpoint({ ...FILE_SYSTEM, host, env: {}, homeDirectory: '/', platform: process.platform }));
      const run = { engine, image, args: ['stdio'], env: [], transport: 'stdio', profile: JSON.parse(profile), signal: new AbortController().signal, progress: () => {} };
      await Promise.all(words.map((word, index) => platformOf(word, { env: process.env }).start({ ...run, name: 'killed-' + process.pid + '-' + index })));
      console.log('started');
      setInterval(() => {}, 1e6);
    `;
    const all = Object.values(words()).filter((word) => !NO_COMPOSE || !word.startsWith('compose:'));
    const child = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, session.lab.dockerHost, image, JSON.stringify(ALLOWED), ...all],
      { env: env as NodeJS.ProcessEnv, cwd: ROOT },
    );
    let errors = '';
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
    const [said] = (await Promise.race([once(child.stdout, 'data'), once(child, 'close')])) as [unknown];
    expect(String(said), errors).toBe('started\n');
    expect((await everything()).length).toBeGreaterThan(before.length + all.length);
    child.kill('SIGKILL');
    await once(child, 'close');
    // ToolHive's labels cannot say who owns a server: those are swept when they are too old for anybody.
    const left = (await sweep(engine.docker, Date.now())).slice(1);
    expect(left).toEqual([]);
    expect((await sweep(engine.docker, Date.now() + LATER_MS)).slice(1)).toEqual([]);
    // Shared by all of ToolHive's servers, which removes it with the last one.
    await engine.docker.getNetwork('toolhive-external').remove();
    expect(await everything()).toEqual(before);
  });
});

interface ThvCall {
  readonly verb: string;
  readonly words: readonly string[];
  readonly profile?: unknown;
}

/** Where the server is to be found, by platform and way. */
const EXPECTED: Readonly<Record<string, Readonly<Record<WayName, string>>>> = {
  docker: { defaults: "the engine's bridge", profile: 'a bridge of the run', nothing: 'none' },
  bulkhead: { defaults: 'none', profile: 'another container', nothing: 'none' },
  // The stand-in isolates always, as ToolHive does.
  toolhive: { defaults: 'ToolHive (internal)', profile: 'ToolHive (internal)', nothing: 'ToolHive (internal)' },
  compose: { defaults: 'compose', profile: 'compose', nothing: 'none' },
  cosmetic: { defaults: "the engine's bridge", profile: "the engine's bridge", nothing: "the engine's bridge" },
  halfway: { defaults: "the engine's bridge", profile: 'half-way (internal)', nothing: 'half-way (internal)' },
};

function kindOf(network: string): string {
  if (network === 'bridge' || network === 'podman') return "the engine's bridge";
  if (/^cmp-.*-net$/.test(network)) return 'a bridge of the run';
  if (/^toolhive-cmp-.*-internal$/.test(network)) return 'ToolHive';
  if (/^bulkhead-[0-9a-f]{12}_/.test(network)) return 'compose';
  if (/^cmp-.*-inside$/.test(network)) return 'half-way';
  return network;
}

const COMPOSE_FILE = `
services:
  server:
    image: IMAGE
    container_name: fixed-name
    environment: {KEPT: "a$$b"}
    volumes: ["data:/data"]
    depends_on: [helper]
  helper:
    image: NODE
    command: ["-e", "setInterval(() => {}, 1e6)"]
    ports: ["127.0.0.1:18080:8080"]
volumes:
  data: {name: fixed-volume}
`;
