import packet, { type Packet } from 'dns-packet';
import fc from 'fast-check';
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerQuery, serveDns } from '../../../gateway-image/src/dns.ts';
import { LOOPBACK, readAll, until } from './fixtures.ts';

const asked: string[] = [];
const addressFor = (name: string) => {
  asked.push(name);
  if (name === 'full.test') return Promise.resolve('full' as const);
  return Promise.resolve(name === 'name.test' ? { address: '127.66.0.1' } : ('refused' as const));
};

function query(name: string, type = 'A', over: Partial<Packet> = {}): Buffer {
  return packet.encode({
    type: 'query',
    id: 77,
    flags: packet.RECURSION_DESIRED,
    questions: [{ name, type: type as 'A' }],
    ...over,
  });
}

async function answer(message: Buffer): Promise<(Packet & { rcode?: string }) | undefined> {
  const bytes = await answerQuery(message, addressFor);
  return bytes === undefined ? undefined : packet.decode(bytes);
}

describe('a query', () => {
  it('for an allowed name gets its loopback address, in the case in which it was asked', async () => {
    expect(await answer(query('Name.TEST'))).toMatchObject({
      id: 77,
      type: 'response',
      rcode: 'NOERROR',
      questions: [{ name: 'Name.TEST' }],
      answers: [{ name: 'Name.TEST', type: 'A', data: '127.66.0.1' }],
    });
  });

  it.each(['AAAA', 'TXT', 'ANY', 'HTTPS', 'SRV', 'MX', 'CNAME', 'UNKNOWN_4242'])(
    'of type %s exists and is empty',
    async (type) => {
      expect(await answer(query('name.test', type))).toMatchObject({ rcode: 'NOERROR', answers: [] });
    },
  );

  it.each(['evil.test', 'a.name.test', 'name.test.evil.test', '.', 'xname.test'])('for %s is refused', async (name) => {
    expect(await answer(query(name))).toMatchObject({ rcode: 'REFUSED', answers: [] });
  });

  it('when there is no more room fails for now', async () => {
    expect(await answer(query('full.test'))).toMatchObject({ rcode: 'SERVFAIL' });
  });

  it('with several questions, none, or of another kind is an error, and a response is nothing', async () => {
    const question = { name: 'name.test', type: 'A' as const };
    expect(await answer(query('', 'A', { questions: [question, question] }))).toMatchObject({ rcode: 'FORMERR', answers: [] });
    expect(await answer(query('', 'A', { questions: [] }))).toMatchObject({ rcode: 'FORMERR' });
    expect(await answer(query('name.test', 'A', { flags: 2 << 11 }))).toMatchObject({ rcode: 'NOTIMP', answers: [] });
    expect(await answer(query('name.test', 'A', { type: 'response' }))).toBeUndefined();
  });

  it('with a dot inside a label, or NUL, or bytes that are no ASCII, is for no other name than it is read as', async () => {
    for (const label of ['name\0', 'n\u00e4me', 'name.test\0']) {
      asked.length = 0;
      const message = Buffer.concat([
        query('x').subarray(0, 12),
        Buffer.from([Buffer.byteLength(label)]),
        Buffer.from(label),
        Buffer.from([4]),
        Buffer.from('test'),
        Buffer.from([0, 0, 1, 0, 1]),
      ]);
      await answerQuery(message, addressFor).catch(() => undefined);
      expect(asked).not.toContain('name.test');
    }
  });

  it('that points at itself or is cut short is nothing', async () => {
    const head = query('x').subarray(0, 12);
    expect(await answer(Buffer.concat([head, Buffer.from([0xc0, 12, 0, 1, 0, 1])]))).toBeUndefined();
    expect(await answer(Buffer.concat([head, Buffer.from([0xc0, 0xff, 0, 1, 0, 1])]))).toBeUndefined();
    expect(await answer(head)).toBeUndefined();
    expect(await answer(Buffer.alloc(0))).toBeUndefined();
  });
});

describe('on sockets', () => {
  let server: Awaited<ReturnType<typeof serveDns>> | undefined;
  let port = 0;
  beforeAll(async () => {
    // One free port for both; whoever takes it in between makes for another try.
    for (let tries = 0; server === undefined && tries < 20; tries += 1) {
      port = 20_000 + Math.floor(Math.random() * 20_000);
      server = await serveDns(LOOPBACK, port, addressFor, () => undefined).catch(() => undefined);
    }
  });
  afterAll(() => {
    server?.udp.close();
    server?.tcp.close();
  });

  function framed(message: Buffer): Buffer {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    return Buffer.concat([length, message]);
  }

  it('UDP answers, after any garbage', async () => {
    const socket = createSocket('udp4');
    try {
      const garbage = fc.sample(fc.uint8Array({ maxLength: 600 }), 300).map((bytes) => Buffer.from(bytes));
      const valid = query('name.test');
      const mutated = fc.sample(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), 300).map(([at, value]) => {
        const bytes = Buffer.from(valid);
        bytes[at] = value;
        return bytes;
      });
      for (const bytes of [...garbage, ...mutated]) socket.send(bytes, port, LOOPBACK);
      const got = new Promise<Packet>((resolve) => {
        socket.on('message', (message) => {
          try {
            const reply = packet.decode(message);
            if (reply.id === 4711) resolve(reply);
          } catch {
            // An answer to garbage.
          }
        });
      });
      const again = setInterval(() => socket.send(query('name.test', 'A', { id: 4711 }), port, LOOPBACK), 50);
      expect(await got).toMatchObject({ answers: [{ data: '127.66.0.1' }] });
      clearInterval(again);
    } finally {
      socket.close();
    }
  });

  it('UDP answers what was asked before by heart, each time under its own id; what is refused is judged each time', async () => {
    const socket = createSocket('udp4');
    const replies: (Packet & { rcode?: string })[] = [];
    socket.on('message', (message) => replies.push(packet.decode(message)));
    const ask = async (name: string, id: number): Promise<number> => {
      const before = asked.length;
      socket.send(query(name, 'A', { id }), port, LOOPBACK);
      await until(() => replies.at(-1)?.id === id);
      return asked.length - before;
    };
    try {
      await ask('name.test', 1);
      expect(await ask('name.test', 2)).toBe(0);
      expect(replies.at(-1)).toMatchObject({ id: 2, rcode: 'NOERROR', answers: [{ name: 'name.test', data: '127.66.0.1' }] });
      await ask('other.test', 3);
      expect(await ask('other.test', 4)).toBe(1);
      expect(await ask('full.test', 5)).toBe(1);
      expect(await ask('full.test', 6)).toBe(1);
    } finally {
      socket.close();
    }
  });

  it('TCP answers many questions in turn, cut anywhere', async () => {
    const socket = connect(port, LOOPBACK);
    const ids = Array.from({ length: 200 }, (_, i) => i + 1);
    const bytes = Buffer.concat(ids.map((id) => framed(query('name.test', 'A', { id }))));
    let received = Buffer.alloc(0);
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
    });
    for (let at = 0; at < bytes.length; at += 97) socket.write(bytes.subarray(at, at + 97));
    const answers = (): number[] => {
      const found: number[] = [];
      for (let at = 0; at + 2 <= received.length && at + 2 + received.readUInt16BE(at) <= received.length;) {
        found.push(received.readUInt16BE(at + 2));
        at += 2 + received.readUInt16BE(at);
      }
      return found;
    };
    await until(() => answers().length === ids.length);
    expect(answers()).toEqual(ids);
    socket.destroy();
  });

  it('TCP ends at what is no query', async () => {
    const socket = connect(port, LOOPBACK);
    socket.write(framed(Buffer.from('GET / HTTP/1.1\r\n\r\n')));
    expect(await readAll(socket)).toBe('');
  });
});
