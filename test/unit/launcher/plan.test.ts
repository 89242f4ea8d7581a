import { describe, expect, it } from 'vitest';
import { recognizeBulkhead } from '../../../src/discovery/bulkhead.ts';
import { BulkheadError } from '../../../src/errors.ts';
import { LABEL } from '../../../src/model/labels.ts';
import { planCompartment } from '../../../src/launcher/plan.ts';
import type { CompartmentPlan, LaunchOptions, PlanInput } from '../../../src/model/compartment.ts';
import type { Profile } from '../../../src/model/profile.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { parseProfile } from '../../../src/profiles/load.ts';
import { golden } from '../../support/golden.ts';
import { HOSTS, HTTP, planInput, STDIO } from './plan-fixtures.ts';

const NONE: Profile = {};
const ALL = BUILT_IN_PROFILES.network;

function withOptions(options: Partial<LaunchOptions>, changes: Partial<PlanInput> = {}): CompartmentPlan {
  const base = options.transport === undefined || options.transport === 'stdio' ? STDIO : HTTP;
  return planCompartment(planInput({ ...changes, options: { ...base, ...options } }));
}

function failure(run: () => unknown): BulkheadError {
  try {
    run();
  } catch (error) {
    if (error instanceof BulkheadError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

function configOf(plan: CompartmentPlan, role: 'relay' | 'gateway'): unknown {
  const prefix = `BULKHEAD_${role.toUpperCase()}=`;
  return JSON.parse(plan[role]?.Env?.find((entry) => entry.startsWith(prefix))?.slice(prefix.length) ?? 'null');
}

describe('the whole plan', () => {
  it.each<[string, Profile, LaunchOptions]>([
    ['none-stdio', BUILT_IN_PROFILES.none, STDIO],
    ['none-http', BUILT_IN_PROFILES.none, HTTP],
    ['network-stdio', BUILT_IN_PROFILES.network, STDIO],
    ['network-http', BUILT_IN_PROFILES.network, HTTP],
    ['hosts-stdio', HOSTS, STDIO],
    ['hosts-http', HOSTS, { ...HTTP, hostPort: 18_080, detach: true }],
  ])('%s', (name, profile, options) => {
    const text = `${JSON.stringify(planCompartment(planInput({ profile, options })), null, 2)}\n`;
    expect(text).toBe(golden(`launcher/plan-${name}.json`, text));
  });
});

describe('what the profile allows', () => {
  it.each<[string, Profile, CompartmentPlan['shape'], unknown]>([
    ['nothing without network', {}, 'isolated', undefined],
    ['nothing without outbound', { network: {} }, 'isolated', undefined],
    ['nothing for empty lists', { network: { outbound: { allow_host: [], allow_port: [] } } }, 'isolated', undefined],
    ['nothing for insecure_allow_all: false', { network: { outbound: { insecure_allow_all: false } } }, 'isolated', undefined],
    ['nothing for mode none', { network: { mode: 'none', outbound: { insecure_allow_all: true } } }, 'isolated', undefined],
    ['everything', { network: { outbound: { insecure_allow_all: true, allow_port: [1] } } }, 'open', undefined],
    [
      'hosts on 80 and 443',
      { network: { outbound: { allow_host: ['a.example'] } } },
      'sealed',
      { hosts: ['a.example'], ports: [80, 443] },
    ],
    ['any host on ports', { network: { outbound: { allow_port: [22] } } }, 'sealed', { hosts: [], ports: [22] }],
    [
      'words as written',
      { network: { outbound: { allow_host: ['.Example.com', '2001:db8::1'], allow_port: [443] } } },
      'sealed',
      { hosts: ['.Example.com', '2001:db8::1'], ports: [443] },
    ],
  ])('%s', (_, profile, shape, egress) => {
    const plan = planCompartment(planInput({ profile }));
    expect(plan.shape).toBe(shape);
    expect(plan.relay === undefined ? undefined : (configOf(plan, 'relay') as { egress: unknown }).egress).toEqual(egress);
    if (egress !== undefined)
      expect(configOf(plan, 'gateway')).toMatchObject({ egress: { ...(egress as object), hostAddresses: ['192.0.2.7'] } });
  });

  it.each<[string, Profile, string | undefined]>([
    ['hosts without ports', { network: { outbound: { allow_host: ['a.example'] } } }, 'no ports: 80 and 443'],
    ['ports without hosts', { network: { outbound: { allow_port: [22, 443] } } }, 'any public host is allowed on 22, 443'],
    ['exposure', ALL, 'reaches any address, this machine'],
    ['idle lists', { network: { outbound: { insecure_allow_all: true, allow_port: [1] } } }, 'beside it have no effect'],
    ['mode none', { network: { mode: 'none', outbound: { allow_port: [1] } } }, 'has no effect'],
    [
      'other modes',
      { network: { mode: 'container:db' } },
      'network.mode "container:db" is ignored: a compartment has no network to join',
    ],
    ['nothing odd', HOSTS, undefined],
  ])('says aloud: %s', (_, profile, said) => {
    const { notes } = planCompartment(planInput({ profile }));
    if (said === undefined) expect(notes).toEqual([]);
    else expect(notes.join('\n')).toContain(said);
  });

  it.each<[string, Profile, string]>([
    ['privileged', { privileged: true }, 'privileged'],
    ['mode host', { network: { mode: 'host' } }, 'network.mode'],
    ['a wildcard', { network: { outbound: { allow_host: ['*'] } } }, 'network.outbound.allow_host[0]'],
    ['an empty host', { network: { outbound: { allow_host: ['a.example', ''] } } }, 'network.outbound.allow_host[1]'],
    ['port 0', { network: { outbound: { allow_port: [0] } } }, 'network.outbound.allow_port[0]'],
    ['a port that is none', { network: { outbound: { allow_port: [443, 1.5] } } }, 'network.outbound.allow_port[1]'],
  ])('refuses %s', (_, profile, said) => {
    const error = failure(() => planCompartment(planInput({ profile })));
    expect(['usage', 'profile-invalid']).toContain(error.code);
    expect(error.message).toContain(said);
    expect(error.hint).toBeDefined();
  });
});

describe('the port of an HTTP server', () => {
  const plan = (exposedPorts: readonly number[], profile: Profile = NONE, port?: number): CompartmentPlan => {
    const { targetPort: _, ...http } = HTTP;
    const options = port === undefined ? http : { ...http, targetPort: port };
    return planCompartment(planInput({ profile, options }, { exposedPorts }));
  };

  it('is the one that was asked for, or the only one of the image', () => {
    expect(configOf(plan([3000]), 'relay')).toMatchObject({ inboundPort: 3000 });
    expect(configOf(plan([3000, 9090], NONE, 9090), 'relay')).toMatchObject({ inboundPort: 9090 });
    expect(configOf(plan([3000, 3000]), 'gateway')).toMatchObject({ inbound: { serverPort: 3000 } });
  });

  it.each<[string, () => unknown, string]>([
    ['no port is known', () => plan([]), 'exposes no port'],
    ['two could be it', () => plan([1, 2]), 'exposes 2 ports (1, 2)'],
    ['the proxy is there', () => plan([], HOSTS, 3128), 'port 3128'],
    ['the names are there', () => plan([53], HOSTS), 'port 53'],
    ['it is no port', () => plan([], NONE, 70_000), '70000'],
    ['the host port is none', () => withOptions({ transport: 'sse', hostPort: -1 }), '-1'],
    ['stdio has none', () => withOptions({ targetPort: 80 }), 'stdio'],
    ['stdio publishes none', () => withOptions({ hostPort: 80 }), 'stdio'],
    ['there is no token', () => withOptions({ transport: 'sse' }, { tokenSha256: 'secret' }), 'bearer token'],
  ])('is refused when %s', (_, run, said) => {
    const error = failure(run);
    expect(error.code).toBe('usage');
    expect(error.message).toContain(said);
    expect(error.hint).toBeDefined();
  });

  it('may be the port of the proxy where there is none', () => {
    expect(plan([3128]).shape).toBe('sealed');
  });

  it('has host names of the profile for its callers', () => {
    const profile = { network: { inbound: { allow_host: ['mcp.example'] } } };
    expect(configOf(planCompartment(planInput({ profile, options: HTTP })), 'gateway')).toMatchObject({
      egress: null,
      inbound: { hosts: ['mcp.example'], tokenSha256: 'a'.repeat(64) },
    });
  });
});

describe('the user of the server', () => {
  it.each(['', '0', 'root', '0:0', 'root:root', ' root', 'ROOT', '00', '+0', '-0:5', ':0', '000000000000', '0:1000'])(
    '%j of the image is replaced',
    (user) => {
      const { server, notes } = planCompartment(planInput({}, { user }));
      expect(server.User).toBe('65532:65532');
      expect(server.Env).toContain('HOME=/tmp');
      expect(notes.join()).toContain('65532:65532 instead');
      expect(server.Labels[LABEL.optOuts]).toBeUndefined();
    },
  );

  it.each(['node', '1000', '1000:0', 'rooty', '10'])('%j of the image stays', (user) => {
    const { server, notes } = planCompartment(planInput({}, { user }));
    expect(server.User).toBe(user);
    expect(server.Env).toEqual([]);
    expect(notes).toEqual([]);
  });

  it.each([
    ['1001:1001', true],
    ['app', false],
  ])('--user %s decides', (user, homeless) => {
    const { server, notes } = withOptions({ user });
    expect(server.User).toBe(user);
    expect(server.Env?.includes('HOME=/tmp')).toBe(homeless);
    expect(notes).toEqual([]);
  });

  it('--user root is an opt-out', () => {
    const { server, notes } = withOptions({ user: '0:0' });
    expect(server.User).toBe('0:0');
    expect(server.Env).toEqual([]);
    expect(notes.join()).toContain('runs as root');
    expect(server.Labels[LABEL.optOuts]).toBe('root-user');
  });

  it.each(['', ' ', 'a b', ':5', '1:', '1:2:3', 'a\n'])('--user %j is refused', (user) => {
    expect(failure(() => withOptions({ user }))).toMatchObject({ code: 'usage', hint: expect.any(String) });
  });

  it('keeps the home that the image or the person sets', () => {
    const { server } = planCompartment(planInput({}, { user: '', env: ['HOME=/app'] }));
    expect(server.Env).toEqual([]);
    expect(planCompartment(planInput({ options: { ...STDIO, env: ['HOME=/x'] } }, { user: '' })).server.Env).toEqual(['HOME=/x']);
  });
});

describe('the environment of the server', () => {
  it('has a proxy in both spellings only where something may leave', () => {
    const env = planCompartment(planInput({ profile: HOSTS })).server.Env ?? [];
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'http_proxy', 'https_proxy', 'all_proxy']) {
      expect(env).toContain(`${name}=http://127.0.0.1:3128`);
    }
    expect(env).toContain('NO_PROXY=localhost,127.0.0.1,::1');
    expect(env).toContain('no_proxy=localhost,127.0.0.1,::1');
    for (const profile of [NONE, ALL])
      expect(planCompartment(planInput({ profile, options: HTTP })).server.Env?.join()).not.toMatch(/proxy/i);
  });

  it('never replaces what the person set, in either case', () => {
    const env = withOptions({ env: ['https_proxy=x', 'NO_PROXY=y'] }, { profile: HOSTS }).server.Env ?? [];
    expect(env.filter((entry) => /^https_proxy=/i.test(entry))).toEqual(['https_proxy=x']);
    expect(env.filter((entry) => /^no_proxy=/i.test(entry))).toEqual(['NO_PROXY=y']);
    expect(env).toContain('HTTP_PROXY=http://127.0.0.1:3128');
  });

  it('tells an HTTP server where to listen', () => {
    const { server } = withOptions({ transport: 'sse', env: ['PORT=1'] });
    expect(server.Env).toEqual(['PORT=1', 'MCP_TRANSPORT=sse', 'MCP_PORT=8000', 'FASTMCP_PORT=8000', 'MCP_HOST=127.0.0.1']);
  });

  it.each([[['A']], [['1=x']], [['A=1', 'A=2']], [['=x']]])('%j is refused', (env) => {
    expect(failure(() => withOptions({ env }))).toMatchObject({ code: 'usage' });
  });

  it('does not repeat what may be a value', () => {
    const error = failure(() => withOptions({ env: ['can/ary'] }));
    expect(`${error.message} ${error.hint ?? ''}`).not.toContain('can/ary');
  });
});

it('no more processors are asked for than there are', () => {
  const cpus = (asked: number, processors?: number): unknown =>
    planCompartment(planInput({ options: { ...STDIO, cpus: asked }, ...(processors === undefined ? {} : { processors }) })).server
      .HostConfig.NanoCpus;
  expect([cpus(2, 1), cpus(1.5, 4), cpus(2)]).toEqual([1e9, 1.5e9, 2e9]);
});

describe('secrets', () => {
  it.each([[{ env: ['TOKEN_FILE=/x'], secretFiles: ['TOKEN'] }], [{ env: ['A=1', 'KEY_FILE='], secretFiles: ['TOKEN', 'KEY'] }]])(
    'whose variable is set already are refused: %j',
    (options) => {
      const error = failure(() => withOptions(options));
      expect(error).toMatchObject({ code: 'usage', message: expect.stringMatching(/"(?:TOKEN|KEY)_FILE" is set/) });
    },
  );

  const plan = withOptions({ secretFiles: ['TOKEN', 'KEY', 'THIRD'] });

  it('are files in memory, for reading', () => {
    expect(plan.volumes).toEqual([
      expect.objectContaining({
        Name: 'bulkhead-0123456789ab-secrets',
        Driver: 'local',
        DriverOpts: { type: 'tmpfs', device: 'tmpfs', o: 'size=3m,uid=65532,gid=65532,mode=0755,nosuid,nodev,noexec' },
      }),
    ]);
    expect(plan.server.HostConfig.Mounts).toEqual([
      {
        Type: 'volume',
        Source: 'bulkhead-0123456789ab-secrets',
        Target: '/run/secrets',
        ReadOnly: true,
        VolumeOptions: { NoCopy: true },
      },
    ]);
    expect(plan.server.Env).toEqual([
      'TOKEN_FILE=/run/secrets/TOKEN',
      'KEY_FILE=/run/secrets/KEY',
      'THIRD_FILE=/run/secrets/THIRD',
    ]);
  });

  it('are declared in the label', () => {
    expect(JSON.parse(plan.server.Labels[LABEL.profile] ?? '')).toMatchObject({
      read: ['volume://bulkhead-0123456789ab-secrets:/run/secrets'],
    });
  });

  it.each([['../x'], ['']])('named %j are refused', (name) => {
    expect(failure(() => withOptions({ secretFiles: [name] }))).toMatchObject({ code: 'usage' });
  });
});

describe('mounts', () => {
  const mounts = [
    { kind: 'bind', source: '/srv/data', target: '/data', readOnly: true },
    { kind: 'bind', source: '/srv/out', target: '/out', readOnly: false },
    { kind: 'volume', source: 'cache', target: '/cache', readOnly: false },
  ] as const;

  it('are private to the container', () => {
    expect(planCompartment(planInput({ mounts })).server.HostConfig.Mounts).toEqual([
      { Type: 'bind', Source: '/srv/data', Target: '/data', ReadOnly: true, BindOptions: { Propagation: 'rprivate' } },
      { Type: 'bind', Source: '/srv/out', Target: '/out', ReadOnly: false, BindOptions: { Propagation: 'rprivate' } },
      { Type: 'volume', Source: 'cache', Target: '/cache', ReadOnly: false },
    ]);
  });

  it.each([
    ['1.43', false],
    ['1.44', true],
    ['1.100', true],
    ['1.9', false],
    ['2.0', true],
    ['what', false],
  ])('for reading are recursive where the engine can (API %s: %s)', (apiVersion, recursive) => {
    const [read, write] = planCompartment(planInput({ mounts, apiVersion })).server.HostConfig.Mounts ?? [];
    expect(read?.BindOptions?.ReadOnlyForceRecursive).toBe(recursive ? true : undefined);
    expect(write?.BindOptions?.ReadOnlyForceRecursive).toBeUndefined();
  });

  it.each([
    ['1000:1000', false, true],
    ['1000', false, true],
    // What the image has there is wanted for reading, and its owner for a name and for root.
    ['1000', true, false],
    ['node', false, false],
    ['0:0', false, false],
  ])('of the engine take nothing from the image where they are given to the user: %s, read %s', (user, readOnly, given) => {
    const volume = [{ kind: 'volume', source: 'cache', target: '/cache', readOnly }] as const;
    const [mount] = planCompartment(planInput({ mounts: volume, options: { ...STDIO, user } })).server.HostConfig.Mounts ?? [];
    expect(mount?.VolumeOptions).toEqual(given ? { NoCopy: true } : undefined);
  });

  it('are in the label as they are mounted', () => {
    const profile: Profile = { ...HOSTS, read: ['/link:/data'], write: ['/srv/out:/out'], privileged: false };
    const label = planCompartment(planInput({ profile, mounts })).server.Labels[LABEL.profile] ?? '';
    expect(parseProfile(label, 'label').profile).toEqual({
      ...HOSTS,
      read: ['/srv/data:/data'],
      write: ['/srv/out:/out', 'volume://cache:/cache'],
    });
  });

  it('that a profile cannot say are refused', () => {
    const odd = [{ kind: 'bind', source: '/srv/a:b', target: '/data', readOnly: true }] as const;
    expect(failure(() => planCompartment(planInput({ mounts: odd })))).toMatchObject({ code: 'usage', hint: expect.any(String) });
  });

  it('replace what the image would keep in volumes; the rest of these is memory', () => {
    const { server, notes } = planCompartment(planInput({ mounts }, { volumes: ['/data', '/tmp/', 'var/lib/x', '/var/lib/x'] }));
    expect(Object.keys(server.HostConfig.Tmpfs ?? {})).toEqual(['/tmp', '/var/lib/x']);
    expect(notes).toEqual([expect.stringContaining('/var/lib/x'), expect.stringContaining('--user UID:GID of node')]);
  });

  it("are memory of the server's own where its number is known", () => {
    const memory = (user: string, product = 'Docker Engine'): unknown =>
      planCompartment(planInput({ product }, { user, volumes: ['/keep'] })).server.HostConfig.Tmpfs?.['/keep'];
    const plain = 'rw,nosuid,nodev,noexec,size=67108864,mode=1777';
    expect(memory('1000:50')).toBe(`${plain},uid=1000,gid=50`);
    expect(memory('1000')).toBe(`${plain},uid=1000`);
    expect(memory('')).toBe(`${plain},uid=65532,gid=65532`);
    expect(memory('node')).toBe(plain);
    expect(memory('1000:50', 'Podman')).toBe(`${plain},notmpcopyup`);
  });

  it('on Podman: directories that it would make writable by itself are sized, and nothing runs from there', () => {
    const podman = (changes: Partial<PlanInput>): unknown =>
      planCompartment(planInput({ product: 'Podman', ...changes })).server.HostConfig.Tmpfs;
    const own = 'rw,nosuid,nodev,noexec,size=67108864,mode=1777';
    expect(podman({})).toEqual({ '/run': own, '/var/tmp': own, '/tmp': `${own},notmpcopyup` });
    expect(podman({ mounts: [{ kind: 'bind', source: '/srv/x', target: '/run', readOnly: true }] })).not.toHaveProperty('/run');
    expect(podman({ options: { ...STDIO, execTmp: true } })).toMatchObject({ '/run': own, '/var/tmp': own });
    expect(podman({ options: { ...STDIO, writableRoot: true } })).toEqual({ '/tmp': `${own},notmpcopyup` });
  });
});

describe('opt-outs', () => {
  it('are switched, said and recorded', () => {
    const { server, notes } = withOptions({
      writableRoot: true,
      execTmp: true,
      mountSensitive: true,
      capAdd: ['net_raw', 'CAP_CHOWN', 'NET_RAW'],
      user: 'root',
    });
    expect(server.HostConfig).toMatchObject({ ReadonlyRootfs: false, CapDrop: ['ALL'], CapAdd: ['NET_RAW', 'CHOWN'] });
    expect(server.HostConfig.Tmpfs).toEqual({ '/tmp': 'rw,nosuid,nodev,exec,size=67108864,mode=1777' });
    expect(server.Labels[LABEL.optOuts]).toBe('root-user,writable-root,exec-tmp,mount-sensitive,cap-add=NET_RAW,cap-add=CHOWN');
    expect(notes).toHaveLength(6);
  });

  it('say when a capability helps nobody', () => {
    expect(withOptions({ capAdd: ['CHOWN'] }).notes.join()).toContain('root alone');
  });

  it.each(['ALL', 'cap_all', '', 'CHOWN,SETUID', 'NET-RAW'])('--cap-add %j is refused', (name) => {
    expect(failure(() => withOptions({ capAdd: [name] }))).toMatchObject({ code: 'usage', hint: expect.any(String) });
  });
});

describe('limits that are none are refused', () => {
  it.each<Partial<LaunchOptions>>([
    { memoryBytes: 0 },
    { memoryBytes: -1 },
    { memoryBytes: Number.NaN },
    { memoryBytes: 1.5e7 + 0.5 },
    { cpus: 0 },
    { cpus: Number.POSITIVE_INFINITY },
    { pids: 0 },
    { pids: -1 },
    { tmpBytes: 0 },
  ])('%j', (options) => {
    expect(failure(() => withOptions(options))).toMatchObject({ code: 'usage', hint: expect.any(String) });
  });
});

describe('attached and detached', () => {
  it('helpers of an attached run end with it', () => {
    const { relay, gateway, server } = planCompartment(planInput({ profile: HOSTS }));
    for (const helper of [relay, gateway]) {
      expect(helper).toMatchObject({ OpenStdin: true, StdinOnce: true, HostConfig: { AutoRemove: true } });
      expect(helper?.Env).toContain('BULKHEAD_ATTACHED=1');
    }
    expect(server).toMatchObject({ OpenStdin: true, StdinOnce: true, HostConfig: { LogConfig: { Type: 'none' } } });
    expect(server.HostConfig.AutoRemove).toBeUndefined();
  });

  it('those of a detached run stay, and logs are bounded', () => {
    const { relay, gateway, server, notes } = withOptions({ detach: true }, { profile: HOSTS });
    for (const helper of [relay, gateway]) {
      expect(helper?.OpenStdin).toBeUndefined();
      expect(helper?.HostConfig).toMatchObject({
        AutoRemove: false,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
      });
      expect(helper?.Env?.join()).not.toContain('BULKHEAD_ATTACHED');
    }
    expect(server.HostConfig.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } });
    expect(notes.join()).toContain('Nobody is attached');
  });

  it('an HTTP server has a log and no standard input', () => {
    const { server } = withOptions({ transport: 'sse' });
    expect(server.HostConfig.LogConfig.Type).toBe('json-file');
    expect(server.OpenStdin).toBeUndefined();
  });
});

describe('names and labels', () => {
  it.each(['', 'a', '-a', 'a b', 'a/b', 'ä1', 'x'.repeat(64), 'a\n'])('%j is no name', (name) => {
    expect(failure(() => planCompartment(planInput({ name })))).toMatchObject({ code: 'usage', hint: expect.any(String) });
  });

  it.each(['ab', 'A_b.c-1', 'x'.repeat(63)])('%s is one', (name) => {
    const { relay, gateway, server } = planCompartment(planInput({ name, profile: HOSTS }));
    expect([server.name, relay?.name, gateway?.name]).toEqual([name, `${name}-relay`, `${name}-gateway`]);
    expect(server.HostConfig.NetworkMode).toBe(`container:${name}-relay`);
  });

  it('arguments are added to the entry point of the image', () => {
    const { server } = withOptions({ args: ['--root', '/data'] });
    expect(server.Cmd).toEqual(['--root', '/data']);
    expect(server).not.toHaveProperty('Entrypoint');
    expect(withOptions({}).server).not.toHaveProperty('Cmd');
  });

  it('are those that the audit reads', () => {
    const { relay, gateway, server } = planCompartment(planInput({ profile: HOSTS }));
    const sighting = (labels: Readonly<Record<string, string>> | undefined): unknown =>
      recognizeBulkhead({
        id: 'c'.repeat(64),
        name: 'weather',
        image: 'x',
        state: 'running',
        labels: labels ?? {},
        imageLabels: {},
        command: [],
        environment: [],
        exposedPorts: [],
      } as unknown as Parameters<typeof recognizeBulkhead>[0]);
    expect(sighting(server.Labels)).toMatchObject({ kind: 'server', platform: 'bulkhead' });
    expect(sighting(relay?.Labels)).toMatchObject({ kind: 'part' });
    expect(sighting(gateway?.Labels)).toMatchObject({ kind: 'part' });
  });

  it('a role of the caller does not stay', () => {
    const labels = { [LABEL.role]: 'probe', other: 'x' };
    const { server, volumes, networks } = planCompartment(planInput({ labels, profile: HOSTS }));
    expect(server.Labels).toMatchObject({ [LABEL.role]: 'server', other: 'x' });
    expect([...volumes, ...networks].map((one) => one.Labels[LABEL.role])).toEqual(['volume', 'network']);
  });
});

describe('what would not fit is refused', () => {
  const hosts = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, index) => `${'h'.repeat(60)}.${index}.example`);

  it('into the label', () => {
    const profile = { network: { outbound: { allow_host: hosts(1000) } } };
    expect(failure(() => planCompartment(planInput({ profile })))).toMatchObject({
      code: 'profile-invalid',
      hint: expect.any(String),
    });
  });

  it('into the configuration of the gateway', () => {
    const profile = { network: { outbound: { allow_host: hosts(500) } } };
    expect(planCompartment(planInput({ profile })).shape).toBe('sealed');
    const hostAddresses = Array.from({ length: 20_000 }, (_, index) => `10.0.${index >> 8}.${index & 255}`);
    expect(failure(() => planCompartment(planInput({ profile, hostAddresses })))).toMatchObject({ code: 'profile-invalid' });
  });
});
