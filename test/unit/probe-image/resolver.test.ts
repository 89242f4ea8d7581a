import packet from 'dns-packet';
import dgram from 'node:dgram';
import net, { type AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ask, type Answer } from '../../../probe-image/src/dns-client.ts';
import { AttemptFailure } from '../../../probe-image/src/failure.ts';
import { query } from '../../../probe-image/src/query.ts';
import { parseHosts, parseResolvConf, Resolver } from '../../../probe-image/src/resolver.ts';
import { budget, LOOPBACK, spec } from './fixtures.ts';

const RCODE = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const;
type Rcode = keyof typeof RCODE;
const TRUNCATED = 1 << 9;

interface Asked {
  readonly id: number;
  readonly question: packet.Question;
  readonly times: number;
}
type Serve = (asked: Asked) => readonly Buffer[];

interface NameServer extends AsyncDisposable {
  readonly address: string;
  readonly port: number;
  readonly asked: packet.Question[];
}

/** A name server on loopback, on one port for UDP and, where it is given, TCP. */
async function nameServer(udp: Serve, options: { tcp?: Serve; address?: string; port?: number } = {}): Promise<NameServer> {
  const address = options.address ?? LOOPBACK;
  const asked: packet.Question[] = [];
  const understand = (bytes: Buffer): Asked => {
    const { id = 0, questions = [] } = packet.decode(bytes);
    const [question] = questions;
    if (question === undefined) throw new Error('no question');
    asked.push(question);
    return { id, question, times: asked.length };
  };
  const stream = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      if (options.tcp === undefined) return socket.destroy();
      for (const reply of options.tcp(understand(chunk.subarray(2)))) {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(reply.length);
        // In two pieces, as TCP may.
        socket.write(Buffer.concat([length, reply.subarray(0, 5)]));
        setTimeout(() => socket.write(reply.subarray(5)), 10);
      }
      return undefined;
    });
  });
  await new Promise<void>((resolve) => stream.listen({ host: address, port: options.port ?? 0 }, resolve));
  const { port } = stream.address() as AddressInfo;
  const socket = dgram.createSocket('udp4');
  socket.on('message', (bytes, from) => {
    for (const reply of udp(understand(bytes))) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(port, address, resolve));
  return {
    address,
    port,
    asked,
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await new Promise((resolve) => stream.close(resolve));
    },
  };
}

function reply(
  asked: Asked,
  over: {
    rcode?: Rcode;
    addresses?: readonly string[];
    soa?: string;
    flags?: number;
    question?: packet.Question | null;
    id?: number;
  },
): Buffer {
  const { name } = asked.question;
  const question = over.question === undefined ? asked.question : over.question;
  return packet.encode({
    type: 'response',
    id: over.id ?? asked.id,
    flags: (over.flags ?? 0) | RCODE[over.rcode ?? 'NOERROR'],
    questions: question === null ? [] : [question],
    answers: (over.addresses ?? []).map((data) => ({ type: net.isIPv6(data) ? 'AAAA' : 'A', name, ttl: 1, data })),
    authorities:
      over.soa === undefined
        ? []
        : [
            {
              type: 'SOA',
              name: over.soa,
              data: { mname: 'ns.test', rname: 'root.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 1 },
            },
          ],
  });
}

const says =
  (over: Parameters<typeof reply>[1]): Serve =>
  (asked) => [reply(asked, over)];
const mute: Serve = () => [];

async function askAt(
  servers: NameServer | readonly NameServer[],
  host = 'name.test',
  family: 4 | 6 = 4,
  timeoutMs = 300,
): Promise<Answer> {
  const list = Array.isArray(servers) ? (servers as readonly NameServer[]) : [servers as NameServer];
  return ask(
    list.map(({ address }) => address),
    host,
    family,
    budget(timeoutMs),
    list[0]?.port,
  );
}

async function failing(work: Promise<unknown>): Promise<AttemptFailure> {
  return work.then(
    (value) => expect.fail(`it came to ${JSON.stringify(value)}`),
    (error: unknown) => {
      expect(error).toBeInstanceOf(AttemptFailure);
      return error as AttemptFailure;
    },
  );
}

describe('asking a name server', () => {
  it('gives the addresses of the family that was asked for', async () => {
    await using server = await nameServer(says({ addresses: ['192.0.2.1', '2001:db8::1', '192.0.2.2'] }));
    expect(await askAt(server)).toEqual({ rcode: 'NOERROR', addresses: ['192.0.2.1', '192.0.2.2'], server: LOOPBACK });
    expect(await askAt(server, 'name.test', 6)).toMatchObject({ addresses: ['2001:db8::1'] });
    expect(server.asked.map(({ type }) => type)).toEqual(['A', 'AAAA']);
  });
  it('gives the owner of the SOA record', async () => {
    await using server = await nameServer(says({ rcode: 'NXDOMAIN', soa: 'test' }));
    expect(await askAt(server)).toEqual({ rcode: 'NXDOMAIN', addresses: [], soa: 'test', server: LOOPBACK });
  });
  it('asks again at half time', async () => {
    await using server = await nameServer((asked) => (asked.times === 1 ? [] : [reply(asked, { addresses: ['192.0.2.1'] })]));
    expect(await askAt(server)).toMatchObject({ addresses: ['192.0.2.1'] });
  });
  it('times out when no answer comes', async () => {
    await using server = await nameServer(mute);
    expect(await failing(askAt(server))).toMatchObject({ outcome: 'timeout', phase: 'resolve', late: true });
  });
  it('is refused where nobody listens', async () => {
    const server = await nameServer(mute);
    await server[Symbol.asyncDispose]();
    expect(await failing(askAt(server))).toMatchObject({ outcome: 'refused', phase: 'resolve' });
  });
  it('looks no further than the budget', async () => {
    await using server = await nameServer(mute);
    const began = performance.now();
    await failing(ask([LOOPBACK], 'name.test', 4, { start: began - 1000, timeoutMs: 100 }, server.port));
    expect(performance.now() - began).toBeLessThan(200);
  });
  it.each<[string, (asked: Asked) => Buffer]>([
    ['another number', (asked) => reply(asked, { id: asked.id ^ 1, addresses: ['192.0.2.66'] })],
    ['another name', (asked) => reply(asked, { question: { type: 'A', name: 'other.test' }, addresses: ['192.0.2.66'] })],
    ['another type', (asked) => reply(asked, { question: { type: 'AAAA', name: 'name.test' } })],
    ['a question', (asked) => packet.encode({ type: 'query', id: asked.id, questions: [asked.question] })],
    ['no question', (asked) => reply(asked, { question: null, addresses: ['192.0.2.66'] })],
    ['garbage', () => Buffer.from('garbage')],
    ['nothing', () => Buffer.alloc(0)],
  ])('ignores a datagram with %s, and takes the true one', async (_, wrong) => {
    await using server = await nameServer((asked) => [wrong(asked), reply(asked, { addresses: ['192.0.2.1'] })]);
    expect(await askAt(server)).toMatchObject({ addresses: ['192.0.2.1'] });
  });
  it('does not take the case of letters for another question', async () => {
    await using server = await nameServer((asked) => [
      reply(asked, { question: { type: 'A', name: asked.question.name.toUpperCase() }, addresses: ['192.0.2.1'] }),
    ]);
    expect(await askAt(server, 'Name.test')).toMatchObject({ addresses: ['192.0.2.1'] });
  });
  it('takes a refusal without its question', async () => {
    await using server = await nameServer(says({ rcode: 'REFUSED', question: null }));
    expect(await askAt(server)).toMatchObject({ rcode: 'REFUSED' });
  });
  it('is a failure of the probe when an answer came that it cannot read', async () => {
    await using server = await nameServer((asked) => [reply(asked, { addresses: ['192.0.2.1'] }).subarray(0, 20)]);
    expect(await failing(askAt(server))).toMatchObject({ outcome: 'probe-error' });
  });
  it('asks over TCP when the answer was cut', async () => {
    await using server = await nameServer(says({ flags: TRUNCATED }), { tcp: says({ addresses: ['192.0.2.7'] }) });
    expect(await askAt(server)).toMatchObject({ addresses: ['192.0.2.7'] });
  });
  it('takes what was in the cut answer where TCP fails', async () => {
    await using server = await nameServer(says({ flags: TRUNCATED, addresses: ['192.0.2.8'] }));
    expect(await askAt(server)).toMatchObject({ addresses: ['192.0.2.8'] });
  });
  it('does not call a name empty whose answer was cut', async () => {
    await using server = await nameServer(says({ flags: TRUNCATED }));
    expect(await failing(askAt(server))).toMatchObject({ outcome: 'probe-error' });
  });
  it('asks for a name with a final dot, and for one in another script', async () => {
    await using server = await nameServer(says({ addresses: ['192.0.2.1'] }));
    expect(await askAt(server, 'name.test.')).toMatchObject({ addresses: ['192.0.2.1'] });
    expect(await askAt(server, 'bücher.test')).toMatchObject({ addresses: ['192.0.2.1'] });
    expect(server.asked.map(({ name }) => name)).toEqual(['name.test', 'xn--bcher-kva.test']);
  });
  it.each(['a..b', '.', '', `${'x'.repeat(64)}.test`, `${'abcdefg.'.repeat(40)}test`])(
    'does not wait for an answer to "%s"',
    async (name) => {
      await using server = await nameServer(mute);
      expect(await failing(askAt(server, name))).toMatchObject({ outcome: 'probe-error' });
      expect(server.asked).toEqual([]);
    },
  );
  it('keeps no more than 32 addresses', async () => {
    await using server = await nameServer(says({ addresses: Array.from({ length: 50 }, (_, index) => `192.0.2.${index}`) }));
    expect((await askAt(server)).addresses).toHaveLength(32);
  });
});

describe('asking several', () => {
  async function both(first: Serve, second: Serve): Promise<Answer> {
    await using one = await nameServer(first);
    await using two = await nameServer(second, { address: '127.0.0.2', port: one.port });
    return await askAt([one, two]);
  }
  const address = says({ addresses: ['192.0.2.1'] });
  const soa = says({ rcode: 'NXDOMAIN', soa: 'test' });
  const nothing = says({ rcode: 'NXDOMAIN' });
  const broken = says({ rcode: 'SERVFAIL' });

  it.each<[string, Serve, Serve, Partial<Answer>]>([
    ['addresses before a SOA', soa, address, { addresses: ['192.0.2.1'], server: '127.0.0.2' }],
    ['a SOA before none', nothing, soa, { soa: 'test' }],
    ['NXDOMAIN before SERVFAIL', broken, nothing, { rcode: 'NXDOMAIN' }],
    ['an answer before none', mute, broken, { rcode: 'SERVFAIL' }],
    ['addresses wherever they come from', address, soa, { addresses: ['192.0.2.1'], server: LOOPBACK }],
    ['a SOA wherever it comes from', soa, nothing, { soa: 'test', server: LOOPBACK }],
    ['NXDOMAIN wherever it comes from', nothing, broken, { rcode: 'NXDOMAIN', server: LOOPBACK }],
    ['the first of two alike', address, says({ addresses: ['192.0.2.2'] }), { addresses: ['192.0.2.1'] }],
  ])('takes %s', async (_, first, second, expected) => {
    expect(await both(first, second)).toMatchObject(expected);
  });
  it('is no refusal when the other one could not be asked', async () => {
    // A link-local address without its link: the kernel says EINVAL, and no packet is sent.
    await using server = await nameServer(nothing);
    const unaskable = 'fe80::1';
    expect(await failing(ask([LOOPBACK, unaskable], 'name.test', 4, budget(300), server.port))).toMatchObject({
      outcome: 'probe-error',
    });
  });
  it('says timeout, which may be a stall, before a refusal', async () => {
    await using one = await nameServer(mute);
    expect(await failing(ask(['127.0.0.3', LOOPBACK], 'name.test', 4, budget(200), one.port))).toMatchObject({
      outcome: 'timeout',
    });
  });
});

describe('a resolver', () => {
  it('takes an address for itself', async () => {
    const resolver = new Resolver([LOOPBACK], [], 1);
    expect(await resolver.address('192.0.2.1', 4, budget(100))).toBe('192.0.2.1');
    expect(await resolver.address('2001:db8::1', 6, budget(100))).toBe('2001:db8::1');
  });
  it('looks into the hosts file first, by family', async () => {
    await using server = await nameServer((asked) => [
      reply(asked, { addresses: [asked.question.type === 'A' ? '192.0.2.1' : '2001:db8::1'] }),
    ]);
    const resolver = new Resolver([LOOPBACK], [{ name: 'name.test', address: '198.51.100.1' }], server.port);
    expect(await resolver.address('NAME.test', 4, budget(300))).toBe('198.51.100.1');
    expect(await resolver.address('name.test.', 4, budget(300))).toBe('198.51.100.1');
    expect(server.asked).toHaveLength(0);
    expect(await resolver.address('name.test', 6, budget(300))).toBe('2001:db8::1');
  });
  it.each<[Rcode, string]>([
    ['NXDOMAIN', 'nxdomain'],
    ['NOERROR', 'nxdomain'],
    ['SERVFAIL', 'servfail'],
    ['REFUSED', 'servfail'],
    ['FORMERR', 'servfail'],
  ])('says of %s without addresses: %s', async (rcode, outcome) => {
    await using server = await nameServer(says({ rcode }));
    const failure = await failing(new Resolver([LOOPBACK], [], server.port).address('name.test', 4, budget(300)));
    expect(failure).toMatchObject({ outcome, phase: 'resolve', detail: `${rcode} from ${LOOPBACK}` });
  });
  it('asks once for all that want to know at one time', async () => {
    await using server = await nameServer(says({ addresses: ['192.0.2.1'] }));
    const resolver = new Resolver([LOOPBACK], [], server.port);
    const names = ['name.test', 'name.test', 'name.test'];
    const addresses = await Promise.all(names.map(async (name) => resolver.address(name, 4, budget(300))));
    expect(new Set(addresses)).toEqual(new Set(['192.0.2.1']));
    expect(server.asked).toHaveLength(1);
  });
  it('asks for each spelling of a name as it is written, for a filter may tell them apart', async () => {
    await using server = await nameServer((asked) =>
      asked.question.name === 'name.test' ? [reply(asked, { addresses: ['192.0.2.1'] })] : [reply(asked, { rcode: 'REFUSED' })],
    );
    const resolver = new Resolver([LOOPBACK], [], server.port);
    expect(await resolver.address('name.test', 4, budget(300))).toBe('192.0.2.1');
    expect(await failing(resolver.address('NAME.Test', 4, budget(300)))).toMatchObject({ outcome: 'servfail' });
    expect(server.asked.map(({ name }) => name)).toEqual(['name.test', 'NAME.Test']);
  });
  it.each(['3221225985', '0xc0000201', '0300.0.02.01', '192.0.513'])('reads %s as libc does, and asks nobody', async (host) => {
    await using server = await nameServer(mute);
    expect(await new Resolver([LOOPBACK], [], server.port).address(host, 4, budget(300))).toBe('192.0.2.1');
    expect(server.asked).toEqual([]);
  });
  it('asks again after a failure, which belonged to its time', async () => {
    let awake = false;
    await using server = await nameServer((asked) => (awake ? [reply(asked, { addresses: ['192.0.2.1'] })] : []));
    const resolver = new Resolver([LOOPBACK], [], server.port);
    expect(await failing(resolver.address('name.test', 4, budget(60)))).toMatchObject({ outcome: 'timeout' });
    awake = true;
    expect(await resolver.address('name.test', 4, budget(300))).toBe('192.0.2.1');
  });
  it('asks loopback where no server is configured, as libc does', () => {
    expect(new Resolver([], []).servers).toEqual([LOOPBACK]);
  });
});

describe('a DNS attempt', () => {
  it('reports the answer word for word', async () => {
    await using server = await nameServer(says({ addresses: ['192.0.2.1'] }));
    const made = await query(
      spec({ kind: 'dns', host: 'name.test', port: 0 }),
      budget(300),
      new Resolver([LOOPBACK], [], server.port),
    );
    expect(made).toEqual({ outcome: 'connected', answer: { rcode: 'NOERROR', addresses: ['192.0.2.1'], server: LOOPBACK } });
  });
  it('reports who said no', async () => {
    await using server = await nameServer(says({ rcode: 'NXDOMAIN', soa: 'test' }));
    const failure = await failing(
      query(spec({ kind: 'dns', host: 'name.test' }), budget(300), new Resolver([LOOPBACK], [], server.port)),
    );
    expect(failure).toMatchObject({
      outcome: 'nxdomain',
      facts: { answer: { rcode: 'NXDOMAIN', addresses: [], soa: 'test', server: LOOPBACK } },
    });
  });
  it('does not look into the hosts file', async () => {
    await using server = await nameServer(says({ rcode: 'SERVFAIL' }));
    const resolver = new Resolver([LOOPBACK], [{ name: 'name.test', address: '192.0.2.1' }], server.port);
    expect(await failing(query(spec({ kind: 'dns', host: 'name.test' }), budget(300), resolver))).toMatchObject({
      outcome: 'servfail',
    });
  });
});

describe('resolv.conf', () => {
  it('is read as libc reads it', () => {
    const text =
      '# nameserver 192.0.2.9\nsearch a b\nnameserver 192.0.2.1\nnameserver\t2001:db8::1 # x\r\nnameserver name\nnameserver fe80::1%eth0\nnameserver 192.0.2.4\n';
    expect(parseResolvConf(text)).toEqual(['192.0.2.1', '2001:db8::1', 'fe80::1']);
  });
  it('gives at most three addresses, each of which it holds', () => {
    const line = fc.oneof(
      fc.ipV4().map((a) => `nameserver ${a}`),
      fc.ipV6().map((a) => `nameserver ${a}`),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const text = lines.join('\n');
        const servers = parseResolvConf(text);
        expect(servers.length).toBeLessThanOrEqual(3);
        for (const server of servers) {
          expect(net.isIP(server)).not.toBe(0);
          expect(text).toContain(server);
        }
      }),
    );
  });
  it('gives back what was written', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.ipV4(), fc.ipV6()), { maxLength: 3 }), (servers) => {
        expect(parseResolvConf(servers.map((server) => `nameserver ${server}\n`).join(''))).toEqual(servers);
      }),
    );
  });
});

describe('the hosts file', () => {
  it('is read with comments, several names and odd spaces', () => {
    expect(
      parseHosts('# 192.0.2.9 no\n127.0.0.1\tlocalhost Box\n 2001:db8::1  six # not.this\nrubbish here\n192.0.2.1\n'),
    ).toEqual([
      { address: '127.0.0.1', name: 'localhost' },
      { address: '127.0.0.1', name: 'box' },
      { address: '2001:db8::1', name: 'six' },
    ]);
  });
  it('gives back what was written', () => {
    const entry = fc.record({ address: fc.oneof(fc.ipV4(), fc.ipV6()), name: fc.domain().map((name) => name.toLowerCase()) });
    fc.assert(
      fc.property(fc.array(entry), (entries) => {
        expect(parseHosts(entries.map(({ address, name }) => `${address} ${name}`).join('\n'))).toEqual(entries);
      }),
    );
  });
  it('never throws, and holds addresses alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const { address, name } of parseHosts(text)) {
          expect(net.isIP(address)).not.toBe(0);
          expect(name).not.toBe('');
        }
      }),
    );
  });
});
