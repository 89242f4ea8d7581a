import { describe, expect, it } from 'vitest';
import type { AttemptSpec } from '../../../src/model/attempt.ts';
import { MANAGEMENT_APIS } from '../../../src/model/management-apis.ts';
import type { ConfigurationFacts, NamespaceFacts } from '../../../src/model/observation.ts';
import type { PeerView, PlanContext } from '../../../src/probes/context.ts';
import { planEndpoint } from '../../../src/probes/endpoint.ts';
import { planHost, planManagement } from '../../../src/probes/host.ts';
import { planPeers } from '../../../src/probes/peers.ts';
import { controlOf } from '../../../src/probes/plan.ts';
import {
  aConfiguration,
  aDeclaration,
  aHostNamespace,
  aNamespace,
  aNetwork,
  anId,
  anInterface,
  aTarget,
} from '../../support/observations.ts';

const HOST = aHostNamespace({
  interfaces: [anInterface({ address: '198.51.100.1' }), anInterface({ name: 'lo', address: '127.0.0.1', scope: 'host' })],
});
const context = (overrides: Partial<PlanContext> = {}): PlanContext => ({
  session: '0011aabbccdd',
  target: aTarget(),
  declaration: aDeclaration(),
  configuration: aConfiguration({ networks: [] }),
  namespace: aNamespace(),
  declared: [],
  permits: () => false,
  internet: [],
  management: [],
  private: [],
  proxies: {},
  hostNamespace: HOST,
  peers: [],
  ...overrides,
});
const listening = (...ports: readonly number[]): NamespaceFacts =>
  aNamespace({ listeners: ports.map((port) => ({ address: '0.0.0.0', port, family: 4 })) });
const publishing = (...ports: ConfigurationFacts['publishedPorts']): ConfigurationFacts =>
  aConfiguration({ networks: [], publishedPorts: [...ports] });
const lines = (specs: readonly AttemptSpec[]): readonly string[] =>
  specs.map(({ purpose, host, port, authority, origin }) =>
    [purpose, `${host}:${port}`, ...(origin === undefined ? [] : [origin]), ...(authority === undefined ? [] : [authority])].join(
      ' ',
    ),
  );

describe("a target's own endpoint", () => {
  it('is asked from the host where it is published: plainly, with a foreign Origin, with a foreign Host, and elsewhere', () => {
    const configuration = publishing(
      { address: '::', port: 3101, containerPort: 3001 },
      { address: '0.0.0.0', port: 3101, containerPort: 3001 },
    );
    const specs = planEndpoint(context({ configuration, namespace: listening(3001) }));
    expect(lines(specs)).toEqual([
      'own-session 127.0.0.1:3101',
      'own-origin 127.0.0.1:3101 http://foreign.example',
      'own-host 127.0.0.1:3101 foreign.example:3101',
      'own-address 198.51.100.1:3101',
    ]);
    expect(specs.every(({ from, controls }) => from === 'host' && controls.length === 0)).toBe(true);
  });
  it('is asked where its platform offers it, at the path that it names', () => {
    const target = aTarget({ endpoint: { address: '127.0.0.1', port: 40_001, path: '/sse' } });
    const [session] = planEndpoint(context({ target }));
    expect(session).toMatchObject({ host: '127.0.0.1', port: 40_001, request: '/sse', purpose: 'own-session' });
  });
  it('is asked at its own address where nobody offers it, under a name that a careful server accepts', () => {
    expect(lines(planEndpoint(context({ namespace: listening(3001) })))).toEqual([
      'own-session 172.30.0.2:3001 localhost:3001',
      'own-origin 172.30.0.2:3001 http://foreign.example localhost:3001',
      'own-host 172.30.0.2:3001 foreign.example:3001',
    ]);
  });
  it.each<[string, Partial<PlanContext>]>([
    ['nobody listens', {}],
    [
      'it listens on the loopback alone',
      { namespace: aNamespace({ listeners: [{ address: '127.0.0.1', port: 1, family: 4 }] }) },
    ],
    ['nobody listens behind the published port', { configuration: publishing({ address: '', port: 1, containerPort: 2 }) }],
    ['the namespace is the one of the host', { namespace: { ...listening(22), inode: HOST.inode } }],
    [
      'a file sends it to an address that is not the host',
      { target: aTarget({ endpoint: { address: '203.0.113.10', port: 80 } }) },
    ],
  ])('is not asked where %s', (_why, overrides) => {
    expect(planEndpoint(context(overrides))).toEqual([]);
  });
  it('stays bounded', () => {
    const ports = Array.from({ length: 500 }, (_, index) => index + 1);
    const configuration = publishing(...ports.map((port) => ({ address: '0.0.0.0', port, containerPort: port })));
    expect(planEndpoint(context({ configuration, namespace: listening(...ports) })).length).toBeLessThan(100);
    expect(planEndpoint(context({ namespace: listening(...ports) })).length).toBeLessThan(100);
  });
});

describe('peers on the host', () => {
  const peer = (overrides: Partial<PeerView> = {}): PeerView => ({
    target: aTarget({ id: anId('b'), name: 'two' }),
    configuration: aConfiguration({ networks: [] }),
    namespace: aNamespace({ interfaces: [] }),
    ...overrides,
  });
  const offered = (one: PeerView, overrides: Partial<PlanContext> = {}): readonly AttemptSpec[] =>
    planPeers(context({ peers: [one], ...overrides })).filter(
      ({ purpose }) => purpose === 'peer-published' || purpose === 'platform-proxy',
    );

  it('are dialled at every address of the host by their published port; the control dials where it is bound', () => {
    const one = peer({
      configuration: publishing({ address: '127.0.0.1', port: 3101, containerPort: 3001 }),
      namespace: listening(3001),
    });
    const [spec, ...rest] = offered(one);
    expect(rest).toEqual([]);
    expect(spec).toMatchObject({ purpose: 'peer-published', host: '198.51.100.1', port: 3101, authority: '127.0.0.1:3101' });
    expect(spec && controlOf(spec, 'host')).toMatchObject({ host: '127.0.0.1', family: 4 });
  });
  it('are dialled once at a port that their platform and the engine both offer', () => {
    const configuration = publishing({ address: '127.0.0.1', port: 3101, containerPort: 3001 });
    const target = aTarget({ id: anId('b'), endpoint: { address: '127.0.0.1', port: 3101, path: '/mcp' } });
    expect(offered(peer({ target, configuration, namespace: listening(3001) })).map(({ purpose }) => purpose)).toEqual([
      'platform-proxy',
    ]);
  });
  it('are dialled on the loopback by whoever is in the host’s own namespace', () => {
    const one = peer({
      configuration: publishing({ address: '127.0.0.1', port: 3101, containerPort: 3001 }),
      namespace: listening(3001),
    });
    expect(offered(one, { namespace: HOST }).map(({ host }) => host)).toEqual(['198.51.100.1', '127.0.0.1']);
  });
  it('in the host’s own namespace are talked to where the target’s way leads, and knocked at everywhere', () => {
    const addresses = ['198.51.100.1', '172.17.0.1', '172.18.0.1', '172.19.0.1'];
    const namespace = aNamespace({
      inode: HOST.inode,
      interfaces: addresses.map((address) => anInterface({ address })),
      listeners: listening(3001).listeners,
    });
    const plan = planPeers(context({ peers: [peer({ namespace })], namespace: aNamespace({ gateways: ['172.18.0.1'] }) }));
    const at = (purpose: string): readonly string[] => plan.filter((spec) => spec.purpose === purpose).map(({ host }) => host);
    expect(at('peer-session')).toEqual(['198.51.100.1', '172.18.0.1']);
    expect(at('peer-port')).toEqual(addresses);
  });
  it('call a tool only where that was asked for, and never by a control', () => {
    const target = aTarget({ id: anId('b'), endpoint: { address: '127.0.0.1', port: 3101 } });
    const one = peer({ target, namespace: aNamespace({ listeners: listening(3001).listeners }) });
    expect(planPeers(context({ peers: [one] })).filter(({ call }) => call !== undefined)).toEqual([]);
    const specs = planPeers(context({ peers: [one], call: { tool: 'look' } }));
    const calls = specs.filter(({ call }) => call !== undefined);
    expect(calls.map(({ purpose }) => purpose)).toEqual(['peer-session', 'platform-proxy']);
    for (const spec of calls) expect(controlOf(spec, 'host')).not.toHaveProperty('call');
  });
});

describe('names of peers', () => {
  const net = (names: readonly string[]) => aConfiguration({ networks: [aNetwork({ names: [...names] })] });
  const canaries = { nonce: 'n', ports: [{ scope: 'wildcard', family: 4, port: 43_000 }] } as const;
  const names = (aliases: readonly string[]): readonly string[] => {
    const two: PeerView = { target: aTarget({ id: anId('b'), name: 'two' }), configuration: net(aliases), canaries };
    return planPeers(context({ configuration: net([]), peers: [two] }))
      .map(({ host }) => host)
      .filter((host) => !/^[\d.]+$/.test(host));
  };
  it('are all of those under which the network knows it, without the short id', () => {
    expect(names(['two', 'db.internal', 'bbbbbbbbbbbb'])).toEqual(['two', 'db.internal']);
  });
  it('are names, and not too many', () => {
    expect(names(['-x', 'a b', 'x\r\ny', ''])).toEqual(['two']);
    expect(names(Array.from({ length: 64 }, (_, index) => `n${index}`)).length).toBeLessThan(10);
  });
});

describe('management APIs', () => {
  const at = (address: string, port: number) =>
    context({ hostNamespace: { ...HOST, listeners: [{ address, port, family: address.includes(':') ? 6 : 4 }] } });
  const onHost = (one: PlanContext): readonly string[] =>
    planManagement(one)
      .filter(({ from }) => from === 'host')
      .map(({ host, port, request }) => `${host}:${port}${request ?? ''}`);

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['198.51.100.1', '198.51.100.1'],
  ])('bound to %s are asked by the host at %s', (bound, asked) => {
    expect(onHost(at(bound, 8080))).toEqual([`${asked}:8080/api/v1beta/version`, `${asked}:8080/health`]);
  });
  it('are found in the range from which one takes its port', () => {
    expect(onHost(at('127.0.0.1', 50_042))).toContain('127.0.0.1:50042/api/v1beta/version');
    expect(onHost(at('127.0.0.1', 50_101))).toEqual([]);
  });
  it('keep nothing but the status of what may hold secrets, and ask that of the host alone', () => {
    const specs = planManagement(at('0.0.0.0', 6277));
    const config = specs.filter(({ request }) => request === '/config');
    expect(config.map(({ from, statusOnly }) => `${from} ${statusOnly}`)).toEqual(['host true']);
  });
  it('are asked in no way that changes anything', () => {
    for (const { path } of MANAGEMENT_APIS.flatMap(({ signs }) => signs))
      expect(path).not.toMatch(/stdio|command=|config_dump|workloads/);
  });
  it('of the engine are looked for where Docker Desktop has it, and only inside of that', () => {
    const desktop = context({ namespace: aNamespace({ resolvers: ['192.168.65.7'] }) });
    expect(planManagement(desktop).map(({ host, port }) => `${host}:${port}`)).toContain('192.168.65.7:2375');
    expect(planManagement(context()).map(({ host }) => host)).not.toContain('192.168.65.7');
  });
});

describe('the host', () => {
  it('is tried at usual ports where its listeners cannot be read', () => {
    const { hostNamespace: _unseen, ...blind } = context({ namespace: aNamespace({ gateways: ['172.30.0.1'] }) });
    const ports = planHost(blind).filter(({ purpose }) => purpose === 'host-service');
    expect(ports.map(({ port }) => port)).toEqual(expect.arrayContaining([22, 5432, 1]));
  });
  it('has a link-local address with rootless Podman', () => {
    const aliases = [{ name: 'host.containers.internal', addresses: ['169.254.1.2'] }];
    expect(planHost(context({ namespace: aNamespace({ aliases }) })).map(({ host }) => host)).toContain('169.254.1.2');
  });
});
