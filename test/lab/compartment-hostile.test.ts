import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import type { LabProcess } from '../../lab/lab.ts';
import { CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { Attacker, unconfined } from '../support/hostile/attacker.ts';
import type { Plan } from '../support/hostile/program.ts';
import { HOST_CANARY, hostAddresses, startHostCanaries } from '../support/hostile/surroundings.ts';
import { byProxy, get, talk, told } from '../support/hostile/words.ts';
import { ENGINE, LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

/** The one public name whose server may be reached; all others of the list lie about where they are. */
const REBINDING = [
  'rebind-loopback.test',
  'rebind-unspecified.test',
  'rebind-host.test',
  'rebind-host6.test',
  'rebind-metadata.test',
  'rebind-private.test',
  'rebind-mapped.test',
  'rebind-nat64.test',
] as const;
const PROFILE = {
  network: { outbound: { allow_host: ['allowed.test', 'rebind-mixed.test', ...REBINDING], allow_port: [80, 443] } },
};
const SIBLING = 'the-sibling-answers';
const NO_ROUTE = /^(?:ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT|EHOSTUNREACH)$/;

describe.skipIf(NO_LAB)(`${LAB_NAME}: a hostile server in a compartment, and the network`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let bench: CompartmentBench;
  let canaries: LabProcess;
  let attacker: Attacker;
  let siblingAddress: string;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    bench = await CompartmentBench.open(session);
    const image = await ensureNodeImage(session.docker);
    canaries = await startHostCanaries(session.lab);
    await fixtures.network('hostile-private', { IPAM: { Config: [{ Subnet: '10.77.0.0/24', Gateway: '10.77.0.1' }] } });
    // Podman gives the host its address there with the first container.
    await fixtures.run({ name: 'hostile-private', network: 'hostile-private' });
    const sibling = await fixtures.run({
      name: 'hostile-sibling',
      script: `require('net').createServer((s) => s.on('error', () => {}).end('${SIBLING}')).listen(80, '0.0.0.0')`,
    });
    siblingAddress = await addressOf(sibling);
    attacker = await Attacker.start(bench, image, PROFILE);
  });
  afterAll(async () => {
    await attacker?.stop();
    await bench?.close();
    await fixtures?.remove();
    await canaries?.stop();
  });

  /** The address of a container on its one network, whatever that is called. */
  async function addressOf(id: string): Promise<string> {
    const { NetworkSettings } = await session.docker.getContainer(id).inspect();
    return Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '';
  }

  /** What reached the internet while something was done: connections and datagrams, and names that were asked for. */
  async function reaching<T>(action: () => Promise<T>): Promise<{ readonly result: T; readonly reached: readonly string[] }> {
    const { lab } = session;
    const [connections, names] = [(await lab.connectionLog()).length, (await lab.dnsLog()).length];
    const result = await action();
    const reached = [
      ...(await lab.connectionLog()).slice(connections).map(({ address, port, transport }) => `${address}:${port}/${transport}`),
      ...(await lab.dnsLog()).slice(names).map(({ name, type }) => `${type} ${name}`),
    ];
    return { result, reached };
  }

  it('reaches what it may, by name, by TLS and by the proxy', async () => {
    const results = await attacker.ask({
      direct: talk('allowed.test', 80, get('allowed.test')),
      tls: { do: 'talk', host: 'allowed.test', port: 443, tls: { servername: 'allowed.test' }, say: [get('allowed.test')] },
      proxy: byProxy('allowed.test:80', get('allowed.test')),
    });
    for (const { text } of Object.values(results)) expect(text).toContain('"host":"allowed.test"');
  });

  it('reaches no address of the internet, by TCP or UDP, IPv4 or IPv6, nor the metadata service', async () => {
    const plan = {
      allowedAddress: talk('203.0.113.10', 80, get('allowed.test')),
      allowedAddressTls: talk('203.0.113.10', 443),
      otherPort: talk('203.0.113.10', 8080, get('allowed.test')),
      operator: talk('203.0.113.20', 80, get('operator.test')),
      metadata: talk('169.254.169.254', 80, get('169.254.169.254', '/')),
      nameServer: { do: 'dns', server: '203.0.113.53', tcp: true, name: 'direct.exfil.test', type: 'A' },
      nameServerUdp: { do: 'dns', server: '203.0.113.53', tcp: false, name: 'direct.exfil.test', type: 'A' },
      echo: { do: 'udp', host: '203.0.113.10', port: 7, payload: 'hello' },
      broadcast: { do: 'udp', host: '255.255.255.255', port: 7, payload: 'hello' },
      multicast: { do: 'udp', host: '224.0.0.251', port: 5353, payload: 'hello' },
    } as const satisfies Plan;
    const six = {
      six: talk('2001:db8:203::10', 80, get('allowed.test')),
      sixEcho: { do: 'udp', host: '2001:db8:203::10', port: 7, payload: 'hello' },
      sixMetadata: talk('fd00:ec2::254', 80, get('metadata', '/')),
      mapped: talk('::ffff:203.0.113.10', 80, get('allowed.test')),
    } as const satisfies Plan;
    const inside = await reaching(() => attacker.ask({ ...plan, ...six }));
    expect(inside.reached).toEqual([]);
    for (const [name, { outcome }] of Object.entries(inside.result)) {
      // A datagram to everybody is refused for want of a permission, before a route is looked for.
      expect(outcome, name).toMatch(name === 'broadcast' ? /^(?:ENETUNREACH|EACCES)$/ : NO_ROUTE);
    }

    const { allowedAddressTls: _greets, broadcast: _all, multicast: _many, ...answered } = plan;
    const outside = await reaching(() => unconfined(session, fixtures, answered));
    for (const [name, { outcome, text }] of Object.entries(outside.result)) {
      expect(`${outcome} ${text}`, name).toMatch(/^(?:connected HTTP\/1\.1 200|answered)/);
    }
    expect(outside.reached).toEqual(expect.arrayContaining(['203.0.113.10:7/udp', 'A direct.exfil.test']));
    await fixtures.network('hostile-six', { EnableIPv6: true, IPAM: { Config: [{ Subnet: 'fd00:bad:beef::/64' }] } });
    const outsideSix = await unconfined(session, fixtures, six, { network: 'hostile-six' });
    for (const [name, { outcome, text }] of Object.entries(outsideSix)) {
      expect(`${outcome} ${text}`, name).toMatch(/^(?:connected HTTP\/1\.1 200|answered hello)/);
    }
  });

  it('reaches the host at none of its addresses', async () => {
    const addresses = await hostAddresses(session.lab);
    expect(addresses).toEqual(expect.arrayContaining(['198.51.100.1', '127.0.0.1', '10.77.0.1']));
    const gatewayNetwork = Object.values(
      (await session.docker.getContainer(`${attacker.name}-gateway`).inspect()).NetworkSettings.Networks,
    )[0];
    expect(addresses).toContain(gatewayNetwork?.Gateway);
    const four = addresses.filter((address) => !address.includes(':'));
    const planOf = (tag: string): Plan =>
      Object.fromEntries([
        ...addresses.flatMap((address): [string, Plan[string]][] => [
          [`${address} tcp`, talk(address, 80)],
          [`${address} loopback`, talk(address, 443)],
        ]),
        ...four.map((host): [string, Plan[string]] => [
          `${host} udp`,
          { do: 'udp', host, port: HOST_CANARY.udpPort, payload: `${tag} to ${host}.`, forMs: 1000 },
        ]),
      ]);
    for (const [name, { outcome }] of Object.entries(await attacker.ask(planOf('inside')))) {
      // Loopback is its own: nobody listens there.
      if (/^(?:127\.0\.0\.1|::1) /.test(name)) expect(outcome, name).toMatch(/^(?:ECONNREFUSED|EADDRNOTAVAIL)$/);
      else expect(outcome, name).toMatch(NO_ROUTE);
    }

    const [bridge, host] = await Promise.all([
      unconfined(session, fixtures, planOf('bridge')),
      unconfined(session, fixtures, planOf('host'), { network: 'host' }),
    ]);
    const heard = await readFile(canaries.logFile, 'utf8');
    expect(heard).not.toContain('inside');
    for (const address of four) {
      const [from, tag] = address === '127.0.0.1' ? [host, 'host'] : [bridge, 'bridge'];
      expect(from[`${address} tcp`]?.text, address).toBe(HOST_CANARY.all);
      expect(heard).toContain(`datagram ${tag} to ${address}.`);
    }
    for (const address of addresses) expect(host[`${address} tcp`]?.text, address).toBe(HOST_CANARY.all);
    expect(host['127.0.0.1 loopback']?.text).toBe(HOST_CANARY.loopback);
  });

  it('reaches no other container: plain ones, compartments and their helpers, its own gateway', async () => {
    const token = `${bench.directory}/token`;
    const { exitCode, stderr } = await bench.run([
      'run',
      '--detach',
      '--transport=streamable-http',
      '--target-port=8000',
      '--name=hostile-other',
      `--token-file=${token}`,
      `--profile=${await bench.profile(PROFILE)}`,
      await ensureNodeImage(session.docker),
      '-e',
      `require('http').createServer((q, r) => r.end('${SIBLING}')).listen(8000, '127.0.0.1')`,
    ]);
    expect(stderr).toContain('sealed');
    expect(exitCode).toBe(0);
    const other = await session.docker.getContainer('hostile-other-gateway').inspect();
    const published = Number(other.NetworkSettings.Ports['8080/tcp']?.[0]?.HostPort);
    const gateway = await addressOf(other.Id);
    const own = await addressOf(`${attacker.name}-gateway`);
    const request = get('127.0.0.1:8000', '/');
    const plan = {
      plain: talk(siblingAddress, 80),
      gateway: talk(gateway, 8080, request),
      published: talk('127.0.0.1', published, request),
      publishedOnUplink: talk('198.51.100.1', published, request),
      ownGateway: talk(own, 8080),
      server: talk('127.0.0.1', 8000, request),
    } as const;
    expect(told(await attacker.ask(plan))).toEqual({
      plain: 'ENETUNREACH',
      gateway: 'ENETUNREACH',
      published: 'ECONNREFUSED',
      publishedOnUplink: 'ENETUNREACH',
      ownGateway: 'ENETUNREACH',
      server: 'ECONNREFUSED',
    });
    for (const name of ['hostile-other', 'hostile-other-gateway', 'hostile-other-relay', 'hostile-sibling', attacker.name]) {
      const found = await attacker.ask({ dns: { do: 'resolve', name }, proxy: byProxy(`${name}:80`, request) });
      expect(found.dns.outcome, name).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/);
      expect(found.proxy.text, name).toContain('403 Forbidden');
    }

    const bridge = await unconfined(session, fixtures, { plain: plan.plain });
    expect(bridge.plain.text).toBe(SIBLING);
    const host = await unconfined(session, fixtures, plan, { network: 'host' });
    expect(host.gateway.text).toContain('HTTP/1.1 401');
    expect(host.published.text).toContain('HTTP/1.1 401');
    // That address exists: its stack answers, if only to say no.
    expect(host.ownGateway.outcome).toBe('ECONNREFUSED');
  });

  it('leaks nothing by DNS: no name outside the list is asked for, whatever the question looks like', async () => {
    const questions = (tag: string, servers: readonly string[]): Plan =>
      Object.fromEntries(
        servers.flatMap((server, at) =>
          [false, true].flatMap((tcp) =>
            (['A', 'AAAA', 'TXT', 'ANY'] as const).flatMap((type) =>
              [undefined, 700].map((padding) => {
                const name = `${tag}-${at}-${tcp ? 'tcp' : 'udp'}-${type}-${padding ?? 0}.exfil.test`.toLowerCase();
                return [name, { do: 'dns', server, tcp, name, type, ...(padding === undefined ? {} : { padding }) }] as const;
              }),
            ),
          ),
        ),
      );
    const long = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.long.exfil.test`;
    const inside = await reaching(() =>
      attacker.ask({
        ...questions('inside', ['127.0.0.1', '203.0.113.53', '127.0.0.11']),
        byLibrary: { do: 'resolve', name: 'library.exfil.test' },
        long: { do: 'dns', server: '127.0.0.1', tcp: false, name: long, type: 'A' },
        below: { do: 'dns', server: '127.0.0.1', tcp: false, name: 'secret.allowed.test', type: 'A' },
        // Of a name that it may ask for there is nothing else to know, and nobody else is asked.
        text: { do: 'dns', server: '127.0.0.1', tcp: false, name: 'allowed.test', type: 'TXT' },
      }),
    );
    expect(inside.reached).toEqual([]);
    const { byLibrary, text, ...refused } = inside.result;
    expect(byLibrary?.outcome).toMatch(/^(?:ENOTFOUND|EAI_AGAIN)$/);
    expect(text?.text).toBe('rcode 0, 0 answers');
    for (const [name, result] of Object.entries(refused)) {
      const expected = name.startsWith('inside-1')
        ? NO_ROUTE
        : name.startsWith('inside-2')
          ? /^ECONNREFUSED$/
          : /^answered rcode 5/;
      expect(`${result.outcome} ${result.text ?? ''}`.trim(), name).toMatch(expected);
    }

    const outside = await reaching(() =>
      unconfined(session, fixtures, {
        ...questions('outside', ['203.0.113.53']),
        byLibrary: { do: 'resolve', name: 'library.exfil.test' },
        long: { do: 'dns', server: '203.0.113.53', tcp: false, name: long, type: 'A' },
      }),
    );
    for (const name of Object.keys(questions('outside', ['203.0.113.53']))) {
      expect(
        outside.reached.some((line) => line.endsWith(` ${name}`)),
        name,
      ).toBe(true);
    }
    expect(outside.reached).toEqual(expect.arrayContaining(['A library.exfil.test', `A ${long}`]));
  });

  it('reaches no other port of an allowed host, by its loopback address or by the proxy', async () => {
    const ports = [7, 53, 8080] as const;
    const inside = await reaching(async () => {
      const { text: address = '' } = await attacker.one({ do: 'resolve', name: 'allowed.test' });
      expect(address).toMatch(/^127\./);
      const plan = ports.flatMap((port): [string, Plan[string]][] => [
        [`direct ${port}`, talk(address, port, get('allowed.test'))],
        [`proxy ${port}`, byProxy(`allowed.test:${port}`, get('allowed.test'))],
        [
          `get ${port}`,
          talk('127.0.0.1', 3128, `GET http://allowed.test:${port}/ HTTP/1.1\r\nHost: allowed.test:${port}\r\n\r\n`),
        ],
      ]);
      return attacker.ask(Object.fromEntries(plan));
    });
    expect(inside.reached).toEqual([]);
    for (const [name, { outcome, text = '' }] of Object.entries(inside.result)) {
      if (name.startsWith('direct')) expect(outcome, name).toBe('ECONNREFUSED');
      else expect(text, name).toContain('HTTP/1.1 403 Forbidden');
    }
    const outside = await unconfined(session, fixtures, {
      web: talk('allowed.test', 8080, get('allowed.test')),
      echo: { do: 'talk', host: 'allowed.test', port: 7, say: ['hello'], until: 'hello' },
    });
    expect(told(outside)).toEqual({ web: 'connected HTTP/1.1 200 OK', echo: 'connected hello' });
  });

  /** Each is an address or a name that a careless filter does not recognise, and that programs follow. */
  const ADDRESSES = [
    '203.0.113.10',
    '0313.0.0161.012',
    '0xcb.0.0x71.0xa',
    '0xcb00710a',
    '3405803786',
    '203.0.28938',
    '203.28938',
    '::ffff:203.0.113.10',
    '::ffff:cb00:710a',
    '0:0:0:0:0:ffff:cb00:710a',
  ] as const;
  const NAMES = [
    'blocked.test',
    'BLOCKED.TEST',
    'blocked.test.',
    'allowed.test.blocked.test',
    'allowed.test@blocked.test',
    'blocked.test#allowed.test',
    'blocked.test/allowed.test',
    'blocked.test?allowed.test',
    'blocked.test%00allowed.test',
    'allowed.test%2eblocked.test',
    'xn--llowed-7fg.test',
    // The first letter is Cyrillic; a dot as Japanese writes it; a letter of full width. In UTF-8.
    '\u00d0\u00b0llowed.test',
    'allowed\u00e3\u0080\u0082test',
    '\u00ef\u00bd\u0081llowed.test',
    '*.test',
    '.allowed.test',
    'allowed..test',
    '[::]',
    '[::1]',
    '[fe80::1%25eth0]',
    '[64:ff9b::cb00:710a]',
    '0',
    '0.0.0.0',
    '127.0.0.1',
    'localhost',
    '198.51.100.1',
    '169.254.169.254',
    '0251.0376.0251.0376',
  ] as const;

  it('is refused every destination that is spelled oddly, by CONNECT and by GET', async () => {
    const bracketed = ADDRESSES.map((address) => (address.includes(':') ? `[${address}]` : address));
    const trailing = bracketed.map((address) => `${address}.`);
    const all = [...bracketed, ...trailing, ...NAMES];
    const inside = await reaching(() =>
      attacker.ask(
        Object.fromEntries(
          all.flatMap((name): [string, Plan[string]][] => [
            [`CONNECT ${name}`, byProxy(`${name}:80`, get('blocked.test'))],
            [
              `GET ${name}`,
              talk('127.0.0.1', 3128, `GET http://${name}:80/whoami HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`),
            ],
          ]),
        ),
      ),
    );
    expect(inside.reached).toEqual([]);
    for (const [name, { text = '' }] of Object.entries(inside.result)) expect(text, name).toMatch(/^HTTP\/1\.1 40[03] /);

    // The same door opens for the allowed name however it is written, so it was not the spelling alone.
    for (const name of ['ALLOWED.test', 'allowed.test.', 'AlLoWeD.TeSt.']) {
      expect((await attacker.one(byProxy(`${name}:80`, get('allowed.test')))).text, name).toContain('"host":"allowed.test"');
    }
    // And every spelling of the address leads there for a program that just asks the C library.
    const plan = ADDRESSES.map((address): [string, Plan[string]] => [address, talk(address, 80, get('blocked.test'))]);
    const outside = await unconfined(session, fixtures, Object.fromEntries(plan));
    for (const [name, { text }] of Object.entries(outside)) expect(text, name).toContain('"host":"blocked.test"');
  });

  it('does not follow an allowed name to the host, to metadata or to private addresses (DNS rebinding)', async () => {
    const says = (name: string): string => get(name, '/');
    const inside = await attacker.ask(
      Object.fromEntries(
        REBINDING.flatMap((name) =>
          [80, 443].flatMap((port): [string, Plan[string]][] => [
            [`direct ${name}:${port}`, talk(name, port)],
            [`asked ${name}:${port}`, talk(name, port, says(name))],
            [`proxy ${name}:${port}`, byProxy(`${name}:${port}`, says(name))],
          ]),
        ),
      ),
    );
    for (const [name, { outcome, text = '' }] of Object.entries(inside)) {
      expect(`${outcome} ${text}`, name).not.toMatch(/answers|lab-internet|latest/);
      if (name.startsWith('proxy')) expect(text, name).toMatch(/^HTTP\/1\.1 403 Forbidden/);
      if (name.startsWith('direct')) expect(text, name).toBe('');
    }
    // Of several addresses only the public one is ever dialled.
    const mixed = await attacker.ask(
      Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [`${at}`, talk('rebind-mixed.test', 80, get('rebind-mixed.test'))]),
      ),
    );
    for (const { text } of Object.values(mixed)) expect(text).toContain('"identity":"canary"');

    const bridge = await unconfined(session, fixtures, {
      host: talk('rebind-host.test', 80),
      private: talk('rebind-private.test', 80),
      // A program that asks for the records by itself, as the gateway does, gets this address; the C library leaves it out.
      mapped: talk('::ffff:198.51.100.1', 80),
      metadata: talk('rebind-metadata.test', 80, says('rebind-metadata.test')),
    });
    expect([bridge.host.text, bridge.private.text, bridge.mapped.text]).toEqual(Array(3).fill(HOST_CANARY.all));
    expect(bridge.metadata.text).toContain('latest');
    const host = await unconfined(
      session,
      fixtures,
      {
        loopback: talk('rebind-loopback.test', 443),
        unspecified: talk('rebind-unspecified.test', 80),
        six: talk('rebind-host6.test', 80),
      },
      { network: 'host' },
    );
    expect(host.loopback.text).toBe(HOST_CANARY.loopback);
    expect([host.unspecified.text, host.six.text]).toEqual(Array(2).fill(HOST_CANARY.all));
  });

  it('with any public host allowed: still no host, no private address, no metadata, in no spelling', async () => {
    const open = await Attacker.start(bench, await ensureNodeImage(session.docker), {
      network: { outbound: { allow_port: [80] } },
    });
    try {
      const local = [
        ...(await hostAddresses(session.lab)).map((address) => (address.includes(':') ? `[${address}]` : address)),
        '[::ffff:198.51.100.1]',
        '[::ffff:c633:6401]',
        '[64:ff9b::c633:6401]',
        '[64:ff9b::a9fe:a9fe]',
        '[fd00:ec2::254]',
        '[fe80::1]',
        '[::]',
        '0.0.0.0',
        '0306.063.0144.01',
        '3325256705',
        '169.254.169.254',
        '2852039166',
        siblingAddress,
        'localhost',
        'metadata.google.internal',
        ...REBINDING,
      ];
      const plan: Plan = {
        ...Object.fromEntries(local.map((name) => [name, byProxy(`${name}:80`, get(name, '/'))] as const)),
        canary: byProxy('203.0.113.10:80', get('203.0.113.10')),
        blocked: byProxy('blocked.test:80', get('blocked.test')),
      };
      const { canary, blocked, ...refused } = await open.ask(plan);
      for (const [name, { text = '' }] of Object.entries(refused)) expect(text, name).toMatch(/^HTTP\/1\.1 403 Forbidden/);
      // What the profile does allow shows that it is not the proxy that is broken.
      expect(canary?.text).toContain('"identity":"canary"');
      expect(blocked?.text).toContain('"host":"blocked.test"');
    } finally {
      await open.stop();
    }
  });

  it(`leaves nothing behind on ${ENGINE}`, async () => {
    await attacker.stop();
    await bench.run(['rm', '--force', 'hostile-other']);
    expect(await bench.leftovers()).toEqual([]);
  });
});
