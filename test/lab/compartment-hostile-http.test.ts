import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNodeImage } from '../../samples/servers/images.ts';
import { CompartmentBench } from '../support/compartments.ts';
import { Fixtures } from '../support/fixtures.ts';
import { Attacker, unconfined } from '../support/hostile/attacker.ts';
import type { Plan, Result } from '../support/hostile/program.ts';
import { startCarelessServer, type CarelessServer } from '../support/hostile/surroundings.ts';
import { byProxy, connectTo, get, talk } from '../support/hostile/words.ts';
import { LAB_NAME, NO_LAB, openLab, type LabSession } from '../support/lab.ts';

const PROFILE = { network: { outbound: { allow_host: ['allowed.test'], allow_port: [80, 443, 8081, 8082] } } };
const ADDRESS = '203.0.113.10';
const PROXY = { host: '127.0.0.1', port: 3128 } as const;

/** A request that a server may find in the body of another one. */
const hidden = (tag: string): string => `GET /hidden-${tag} HTTP/1.1\r\nHost: blocked.test\r\n\r\n`;
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;

/**
 * Messages that two programs read in two ways. `start` is the target of the first line, `tag` marks what is hidden;
 * the last headers and the body are what differs.
 */
const SMUGGLING: Readonly<Record<string, (tag: string) => string>> = {
  'cl.te': (tag) => `Content-Length: ${5 + hidden(tag).length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden(tag)}`,
  'te.cl': (tag) =>
    `Content-Length: ${hidden(tag).length.toString(16).length + 2}\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(hidden(tag))}0\r\n\r\n`,
  'two-lengths': (tag) => `Content-Length: 0\r\nContent-Length: ${hidden(tag).length}\r\n\r\n${hidden(tag)}`,
  'blank-before-colon': (tag) =>
    `Content-Length: ${5 + hidden(tag).length}\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden(tag)}`,
  'not-quite-chunked': (tag) =>
    `Content-Length: ${5 + hidden(tag).length}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${hidden(tag)}`,
  folded: (tag) =>
    `Content-Length: ${5 + hidden(tag).length}\r\nTransfer-Encoding: identity,\r\n chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden(tag)}`,
  'bare-line-feed': (tag) =>
    `Content-Length: ${5 + hidden(tag).length}\r\nX: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden(tag)}`,
  // The middle one is asked to take the length away, as a header of the connection.
  'length-of-the-connection': (tag) => `Connection: content-length\r\nContent-Length: 0\r\n\r\n${hidden(tag)}`,
  'chunks-of-the-connection': (tag) =>
    `Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden(tag)}`,
  'upgrade-that-is-none': (tag) => `Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n${hidden(tag)}`,
  'h2c-that-is-none': (tag) => `Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 0\r\n\r\n${hidden(tag)}`,
  expectation: (tag) => `Expect: 100-continue\r\nContent-Length: 0\r\n\r\n${hidden(tag)}`,
  'chunk-extension': (tag) => `Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n${hidden(tag)}`,
  pipelined: (tag) => `Content-Length: 0\r\n\r\n${hidden(tag)}`,
  'old-version': (tag) =>
    `Content-Length: 0\r\n\r\nGET /hidden-${tag} HTTP/1.0\r\nHost: blocked.test\r\nConnection: keep-alive\r\n\r\n`,
};

/** A head in which two hosts are named. */
const TWO_HOSTS: Readonly<Record<string, (tag: string) => string>> = {
  other: (tag) => `GET /${tag} HTTP/1.1\r\nHost: blocked.test\r\n\r\n`,
  twice: (tag) => `GET /${tag} HTTP/1.1\r\nHost: blocked.test\r\nHost: allowed.test\r\n\r\n`,
  'blank-before-colon': (tag) => `GET /${tag} HTTP/1.1\r\nHost : blocked.test\r\nHost: allowed.test\r\n\r\n`,
  'bare-line-feed': (tag) => `GET /${tag} HTTP/1.1\r\nX: y\nHost: blocked.test\r\nHost: allowed.test\r\n\r\n`,
  'only-line-feeds': (tag) => `GET /${tag} HTTP/1.1\nHost: blocked.test\n\n`,
  'empty-lines-before': (tag) => `\r\n\n\r\nGET /${tag} HTTP/1.1\r\nHost: blocked.test\r\n\r\n`,
  'old-version': (tag) => `GET /${tag} HTTP/1.0\r\nHost: blocked.test\r\n\r\n`,
  'made-up-version': (tag) => `GET /${tag} HTTP/9.9\r\nHost: blocked.test\r\n\r\n`,
  'made-up-method': (tag) => `X-Y /${tag} HTTP/1.1\r\nHost: blocked.test\r\n\r\n`,
  'without-version': (tag) => `GET /${tag}\r\nHost: blocked.test\r\n\r\n`,
  tab: (tag) => `GET\t/${tag} /${tag} HTTP/1.1\r\nHost:\tblocked.test\r\n\r\n`,
};

describe.skipIf(NO_LAB)(`${LAB_NAME}: a hostile server in a compartment, and HTTP and TLS`, () => {
  let session: LabSession;
  let fixtures: Fixtures;
  let bench: CompartmentBench;
  let careless: CarelessServer;
  let attacker: Attacker;
  let slow: Attacker;
  let slowInside: Promise<Readonly<Record<'direct' | 'proxy' | 'greeting' | 'ordinary', Result>>>;
  let slowOutside: Promise<Readonly<Record<'open', Result>>>;

  beforeAll(async () => {
    session = await openLab();
    fixtures = new Fixtures(session.docker);
    bench = await CompartmentBench.open(session);
    const image = await ensureNodeImage(session.docker);
    careless = await startCarelessServer(session.lab);
    attacker = await Attacker.start(bench, image, PROFILE);
    slow = await Attacker.start(bench, image, PROFILE);
    const never = `GET / HTTP/1.1\r\nHost: allowed.test\r\nX: ${'y'.repeat(1000)}`;
    // It takes its time; the other tests run meanwhile.
    slowInside = slow.ask({
      direct: { do: 'linger', target: { host: 'allowed.test', port: 80 }, bytes: never, count: 60, forMs: 60_000 },
      proxy: { do: 'linger', target: PROXY, bytes: never, count: 60, forMs: 60_000 },
      greeting: {
        do: 'linger',
        target: { host: 'allowed.test', port: 443 },
        bytes: '\x16\x03\x01\x02\x00\x01',
        count: 60,
        forMs: 60_000,
      },
      ordinary: talk('allowed.test', 80, get('allowed.test')),
    });
    slowOutside = unconfined(session, fixtures, {
      open: { do: 'linger', target: { host: ADDRESS, port: careless.ports.length }, bytes: never, count: 60, forMs: 15_000 },
    });
    for (const promise of [slowInside, slowOutside]) promise.catch(() => undefined);
  });
  afterAll(async () => {
    await Promise.all([attacker?.stop(), slow?.stop()]);
    await bench?.close();
    await fixtures?.remove();
    await careless?.stop();
  });

  it('cannot ask an allowed address for another site by TLS (SNI)', async () => {
    const tls = (host: string, servername: string | undefined): Plan[string] => ({
      do: 'talk',
      host,
      port: 443,
      tls: servername === undefined ? {} : { servername },
      say: [get(servername ?? 'blocked.test')],
    });
    const tunnelled = (servername: string | undefined): Plan[string] => ({
      ...(tls('127.0.0.1', servername) as Extract<Plan[string], { do: 'talk' }>),
      port: 3128,
      tunnel: connectTo('allowed.test:443'),
    });
    const inside = await attacker.ask({
      otherName: tls('allowed.test', 'blocked.test'),
      noName: tls('allowed.test', undefined),
      below: tls('allowed.test', 'api.allowed.test'),
      otherNameByProxy: tunnelled('blocked.test'),
      noNameByProxy: tunnelled(undefined),
    });
    for (const [name, { outcome, text = '' }] of Object.entries(inside)) {
      expect(`${outcome} ${text}`, name).not.toContain('identity');
      expect(outcome, name).toMatch(/^tls |^connected$/);
    }
    const right = await attacker.ask({ direct: tls('allowed.test', 'allowed.test'), proxy: tunnelled('allowed.test') });
    for (const { text } of Object.values(right)) expect(text).toContain('"sni":"allowed.test"');

    const outside = await unconfined(session, fixtures, {
      otherName: tls(ADDRESS, 'blocked.test'),
      noName: tls(ADDRESS, undefined),
    });
    expect(outside.otherName.text).toContain('"sni":"blocked.test"');
    expect(outside.noName.text).toContain('"sni":null');
  });

  it('cannot ask an allowed address for another site by its Host header, not on a later request either', async () => {
    const keep = (host: string, target = '/whoami'): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    const later = (host: string, port: number, target: string, tunnel?: string): Plan[string] => ({
      do: 'talk',
      host,
      port,
      say: [keep('allowed.test', target), keep('blocked.test', target)],
      until: '"identity"',
      ...(tunnel === undefined ? {} : { tunnel }),
    });
    const absolute = 'http://allowed.test/whoami';
    const inside = await attacker.ask({
      first: talk('allowed.test', 80, get('blocked.test')),
      firstByGet: talk(PROXY.host, PROXY.port, keep('blocked.test', absolute)),
      firstByConnect: byProxy('allowed.test:80', get('blocked.test')),
      other: talk('allowed.test', 80, keep('allowed.test', 'http://blocked.test/whoami')),
      proxyAgain: talk('allowed.test', 80, connectTo('blocked.test:80')),
      later: later('allowed.test', 80, '/whoami'),
      laterByGet: later(PROXY.host, PROXY.port, absolute),
      laterByConnect: later(PROXY.host, PROXY.port, '/whoami', connectTo('allowed.test:80')),
    });
    for (const [name, { text = '' }] of Object.entries(inside)) {
      expect(text, name).not.toContain('"host":"blocked.test"');
      expect(text, name).toContain('HTTP/1.1 403 Forbidden');
      if (name.startsWith('later')) expect(text, name).toContain('"host":"allowed.test"');
    }
    const outside = await unconfined(session, fixtures, {
      first: talk(ADDRESS, 80, get('blocked.test')),
      later: later(ADDRESS, 80, '/whoami'),
    });
    for (const { text } of Object.values(outside)) expect(text).toContain('"host":"blocked.test"');
  });

  it.each([
    ['requests in the bodies of others (smuggling)', SMUGGLING],
    ['heads that name two hosts', TWO_HOSTS],
  ])('cannot get a careless server to see %s', async (_, messages) => {
    const ports = Object.values(careless.ports);
    const smuggling = messages === SMUGGLING;
    const words = (name: string, tag: string, target: string, host: string): string => {
      const made = messages[name]?.(tag) ?? '';
      return smuggling ? `POST ${target} HTTP/1.1\r\nHost: ${host}\r\n${made}` : made;
    };
    const send = (host: string, port: number, say: string, tunnel?: string): Plan[string] => ({
      do: 'talk',
      host,
      port,
      say: [say],
      end: true,
      ...(tunnel === undefined ? {} : { tunnel }),
    });
    const planOf = (place: string, make: (name: string, tag: string, port: number) => Plan[string]): Plan =>
      Object.fromEntries(
        Object.keys(messages).flatMap((name) =>
          ports.map((port) => [`${place}-${name}-${port}`, make(name, `${place}-${name}-${port}.`, port)] as const),
        ),
      );
    const host = (port: number): string => `allowed.test:${port}`;
    await attacker.ask(
      planOf('inside-direct', (name, tag, port) => send('allowed.test', port, words(name, tag, '/', host(port)))),
    );
    await attacker.ask(
      planOf('inside-tunnel', (name, tag, port) =>
        send(PROXY.host, PROXY.port, words(name, tag, '/', host(port)), connectTo(host(port))),
      ),
    );
    await attacker.ask(
      planOf('inside-proxy', (name, tag, port) => {
        const target = `http://${host(port)}/${smuggling ? '' : tag}`;
        return send(PROXY.host, PROXY.port, words(name, tag, target, host(port)).replace(`/${tag} `, `${target} `));
      }),
    );
    const clean = `POST /inside-clean HTTP/1.1\r\nHost: ${host(ports[0] ?? 0)}\r\nContent-Length: 5\r\n\r\nhello`;
    await attacker.one(send('allowed.test', ports[0] ?? 0, clean));
    const outside = planOf('outside', (name, tag, port) => send(ADDRESS, port, words(name, tag, '/', host(port))));
    await unconfined(session, fixtures, outside);

    const seen = await careless.seen();
    const inside = seen.filter(({ target }) => target.includes('inside'));
    expect(inside.map(({ target }) => target)).toContain('/inside-clean');
    for (const request of inside) expect(request.host, JSON.stringify(request)).toMatch(/^allowed\.test(?::\d+)?$/);
    expect(seen.filter(({ target }) => target.includes('hidden-inside'))).toEqual([]);
    // Without a gateway each of them arrives, in at least one of the two ways of reading.
    for (const name of Object.keys(messages)) {
      const arrived = seen.filter(({ target, host: to }) => to === 'blocked.test' && target.includes(`outside-${name}-`));
      expect(arrived.length, name).toBeGreaterThan(0);
    }
  });

  it('cannot break the gateway with giant or garbled words', async () => {
    const before = await helpers(attacker);
    const big = 1 << 20;
    const head = 'Host: allowed.test:8081\r\n';
    const giants = (target: string): Readonly<Record<string, { readonly say: string; readonly unit: string }>> => ({
      header: { say: `GET ${target} HTTP/1.1\r\n${head}X: <BIG>\r\n\r\n`, unit: 'y' },
      line: { say: `GET ${target}?<BIG> HTTP/1.1\r\n${head}\r\n`, unit: 'y' },
      many: { say: `GET ${target} HTTP/1.1\r\n${head}<BIG>\r\n`, unit: 'X: y\r\n' },
      method: { say: `<BIG> ${target} HTTP/1.1\r\n${head}\r\n`, unit: 'G' },
    });
    const giantPlan = (place: string, to: { readonly host: string; readonly port: number }, target: string): Plan =>
      Object.fromEntries(
        Object.entries(giants(target)).map(([name, { say, unit }]) => [
          `${place} ${name}`,
          { do: 'talk', ...to, say: [say], end: true, big: [unit, big / unit.length] } as const,
        ]),
      );
    const every = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
    const garbage = [every, every.repeat(200), '\x16\x03\x01\xff\xff'.repeat(20_000), '\0'.repeat(70_000), '\xff'.repeat(70_000)];
    const ports = [
      { host: '127.0.0.1', port: 53 },
      PROXY,
      { host: 'allowed.test', port: 80 },
      { host: 'allowed.test', port: 443 },
      { host: 'allowed.test', port: 8081 },
    ];
    const sendAll = (to: { readonly host: string; readonly port: number }, say: string): Plan[string] => ({
      do: 'talk',
      ...to,
      say: [say],
      end: true,
    });
    const direct = { host: 'allowed.test', port: careless.ports.length };
    await attacker.ask({
      ...giantPlan('direct', direct, '/giant-inside'),
      ...giantPlan('proxy', PROXY, 'http://allowed.test:8081/giant-inside'),
      connect: { do: 'talk', ...PROXY, say: [connectTo('<BIG>test:80')], end: true, big: ['a.', big / 2] },
    });
    await attacker.ask(
      Object.fromEntries(
        ports.flatMap((to) =>
          garbage.map((say, at): [string, Plan[string]] => [`${to.host} ${to.port} ${at}`, sendAll(to, say)]),
        ),
      ),
    );
    await attacker.ask(
      Object.fromEntries(
        garbage.map(
          (say, at) => [at, { do: 'udp', host: '127.0.0.1', port: 53, payload: say.slice(0, 8000), forMs: 300 }] as const,
        ),
      ),
    );
    expect(await helpers(attacker)).toEqual(before);
    expect(await faults(attacker)).toEqual([]);
    expect((await attacker.one(talk('allowed.test', 80, get('allowed.test')))).text).toContain('"host":"allowed.test"');

    await unconfined(session, fixtures, giantPlan('outside', { host: ADDRESS, port: careless.ports.length }, '/giant-outside'));
    const seen = (await careless.seen()).map(({ target }) => target);
    expect(seen.filter((target) => target.includes('giant-inside'))).toEqual([]);
    // A server without limits takes them all.
    expect(seen.filter((target) => target.includes('giant-outside')).length).toBe(4);
  });

  it('cannot keep connections by being slow: what does not become a request is ended', async () => {
    const inside = await slowInside;
    expect([inside.direct.number, inside.proxy.number, inside.greeting.number]).toEqual([0, 0, 0]);
    expect(inside.ordinary.text).toContain('"host":"allowed.test"');
    expect((await slow.one(talk('allowed.test', 80, get('allowed.test')))).text).toContain('"host":"allowed.test"');
    expect((await slowOutside).open.number).toBe(60);
  });

  /** The processes of relay and gateway: the same ones as before, if nothing ended them. */
  async function helpers({ name }: Attacker): Promise<readonly unknown[]> {
    return Promise.all(
      ['relay', 'gateway'].map(async (role) => {
        const { State } = await session.docker.getContainer(`${name}-${role}`).inspect();
        return { running: State.Running, pid: State.Pid, killed: State.OOMKilled };
      }),
    );
  }

  /** Faults that relay and gateway met and outlived. */
  async function faults({ name }: Attacker): Promise<readonly string[]> {
    const { stdout } = await bench.run(['logs', name, '--decisions', '--json']);
    expect(stdout).toContain('"decision"');
    return stdout.split('\n').filter((line) => line.includes('a fault of'));
  }
});
