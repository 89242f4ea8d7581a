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
  const known = new KnownAnswers();
  udp.on('message', (message, peer) => {
    const send = (answer: Buffer): void => udp.send(answer, peer.port, peer.address, () => undefined);
    const again = known.answerTo(message);
    if (again !== undefined) return send(again);
    void answerSafely(message, addressFor).then((answer) => {
      if (answer === undefined) return;
      known.remember(message, answer);
      send(answer);
    });
    return undefined;
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

/** Queries whose answers are remembered. */
const MAX_KNOWN = 256;
/** A query of one name has 271 bytes at most, and some more with EDNS; no other is remembered. */
const MAX_REMEMBERED = 512;

/**
 * What was answered to the very bytes of a query, its id aside: most programs ask again for every connection. Only
 * for allowed names, which keep their addresses; what is refused is refused, and logged, each time.
 */
class KnownAnswers {
  readonly #answers = new Map<string, Buffer>();

  answerTo(query: Buffer): Buffer | undefined {
    const known = query.length > MAX_REMEMBERED ? undefined : this.#answers.get(keyOf(query));
    if (known === undefined) return undefined;
    const answer = Buffer.from(known);
    query.copy(answer, 0, 0, 2);
    return answer;
  }

  remember(query: Buffer, answer: Buffer): void {
    const rcode = (answer[3] ?? 0) & 0x0f;
    if (rcode !== RCODE.noError || query.length > MAX_REMEMBERED) return;
    if (this.#answers.size >= MAX_KNOWN) this.#answers.clear();
    this.#answers.set(keyOf(query), answer);
  }
}

function keyOf(query: Buffer): string {
  return query.toString('latin1', 2);
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
