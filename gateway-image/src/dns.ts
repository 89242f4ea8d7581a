import packet, { type Packet } from 'dns-packet';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, type Server, type Socket } from 'node:net';
import { ignore } from './dial.ts';
import { listen } from './listen.ts';

/** RFC 1035 §4.1.1, and RFC 1035 §4.1.1 again for the opcode that is not served. */
const RCODE = { noError: 0, formatError: 1, serverFailure: 2, notImplemented: 4, refused: 5 } as const;
/** Seconds; the address of a name stays the same for the life of a compartment. */
const TTL = 60;
const MAX_TCP_CONNECTIONS = 32;

/** What the relay makes of a name: its address, nothing (refused), or no more room. */
export type AddressFor = (name: string) => Promise<{ readonly address: string } | 'refused' | 'full'>;

/** Answers a query by itself: nothing is ever passed on. Undefined for what is no query at all. */
export async function answerQuery(message: Buffer, addressFor: AddressFor): Promise<Buffer | undefined> {
  const query = decode(message);
  if (query === undefined) return undefined;
  const [question, ...more] = query.questions ?? [];
  const reply = (rcode: number, answers: Packet['answers'] = []): Buffer =>
    packet.encode({
      id: query.id ?? 0,
      type: 'response',
      flags: packet.AUTHORITATIVE_ANSWER | ((query.flags ?? 0) & packet.RECURSION_DESIRED) | rcode,
      questions: question === undefined ? [] : [question],
      answers,
    });
  if ((query as { readonly opcode?: string }).opcode !== 'QUERY') return reply(RCODE.notImplemented);
  if (question === undefined || more.length > 0) return reply(RCODE.formatError);
  const found = await addressFor(question.name.toLowerCase().replace(/\.$/, ''));
  if (found === 'refused') return reply(RCODE.refused);
  if (found === 'full') return reply(RCODE.serverFailure);
  // Other types exist for no name: no answer, and no error either, or a client would give the name up.
  const asksForIt = question.type === 'A' && (question.class ?? 'IN') === 'IN';
  return reply(RCODE.noError, asksForIt ? [{ type: 'A', name: question.name, class: 'IN', ttl: TTL, data: found.address }] : []);
}

function decode(message: Buffer): Packet | undefined {
  try {
    const query = packet.decode(message);
    return query.type === 'query' ? query : undefined;
  } catch {
    return undefined;
  }
}

/** Listens on UDP and TCP. Resolves when both do; what goes wrong later is told to `problem`. */
export async function serveDns(
  address: string,
  port: number,
  addressFor: AddressFor,
  problem: (message: string) => void,
): Promise<{ readonly udp: UdpSocket; readonly tcp: Server }> {
  const udp = createSocket('udp4');
  udp.on('message', (message, peer) => {
    void answerSafely(message, addressFor).then((answer) => {
      if (answer !== undefined) udp.send(answer, peer.port, peer.address, () => undefined);
    });
  });
  const tcp = createServer((socket) => serveStream(socket, addressFor));
  tcp.maxConnections = MAX_TCP_CONNECTIONS;
  await Promise.all([
    new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, address, resolve)),
    listen(tcp, { host: address, port }, problem),
  ]);
  udp.on('error', (error) => problem(`DNS: ${error.message}`));
  return { udp, tcp };
}

/** RFC 1035 §4.2.2: two bytes of length before each message. One question after the other; meanwhile nothing is read. */
function serveStream(socket: Socket, addressFor: AddressFor): void {
  let pending = Buffer.alloc(0);
  let busy = false;
  const answerAll = async (): Promise<void> => {
    while (!socket.destroyed && pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
      const end = 2 + pending.readUInt16BE(0);
      const message = pending.subarray(2, end);
      pending = pending.subarray(end);
      const answer = await answerSafely(message, addressFor);
      if (answer === undefined) return void socket.destroy();
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      await new Promise<void>((resolve) => {
        socket.write(Buffer.concat([length, answer]), () => resolve());
      });
    }
    return undefined;
  };
  socket.setTimeout(10_000, () => socket.destroy()).on('error', ignore);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    if (busy) return;
    busy = true;
    socket.pause();
    void answerAll().then(() => {
      busy = false;
      socket.resume();
    });
  });
}

/** A name that cannot be written back is a fault of the query, and no answer is one. */
async function answerSafely(message: Buffer, addressFor: AddressFor): Promise<Buffer | undefined> {
  try {
    return await answerQuery(message, addressFor);
  } catch {
    return undefined;
  }
}
