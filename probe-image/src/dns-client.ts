import packet from 'dns-packet';
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import { domainToASCII } from 'node:url';
import type { Budget } from './attempt.ts';
import { connectDatagram } from './datagram.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure } from './failure.ts';

export const DNS_PORT = 53;

export interface Answer {
  readonly rcode: string;
  readonly addresses: readonly string[];
  /** Owner of the SOA record of the authority section. */
  readonly soa?: string;
  readonly server: string;
}

/**
 * Asks every server at once and takes the most telling answer: addresses, then a zone's SOA, then any code.
 * @throws AttemptFailure `probe-error` where one of them could not be asked, `timeout` where one did not answer,
 *   else how the first of them failed
 */
export async function ask(
  servers: readonly string[],
  host: string,
  family: 4 | 6,
  budget: Budget,
  port = DNS_PORT,
): Promise<Answer> {
  const name = questionName(host);
  const asked = servers.map(async (server) => askOne({ address: server, port }, name, family, budget));
  // Addresses are all there is to know: waiting for a silent server beside would leave no time to dial them.
  const known = await Promise.any(asked.map(async (answer) => withAddresses(await answer))).catch(() => undefined);
  if (known !== undefined) return known;
  const settled = await Promise.allSettled(asked);
  const answers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failures = settled.flatMap((result) =>
    result.status === 'rejected' ? [AttemptFailure.from(result.reason, 'resolve')] : [],
  );
  const notAsked = failures.find(({ outcome }) => outcome === 'probe-error');
  const best = answers.toSorted((a, b) => weight(b) - weight(a))[0];
  // A server that could not be asked might have known the name.
  if (best !== undefined && (weight(best) > 1 || notAsked === undefined)) return best;
  throw (
    notAsked ??
    failures.find(({ outcome }) => outcome === 'timeout') ??
    failures[0] ??
    new AttemptFailure('probe-error', 'resolve', 'no name server')
  );
}

/**
 * Asks one server, whatever the namespace is configured with.
 * @throws AttemptFailure as it failed: `refused`, `timeout`, `unreachable`, …
 */
export async function askServer(
  { tcp, ...server }: Server & { readonly tcp: boolean },
  host: string,
  family: 4 | 6,
  budget: Budget,
): Promise<Answer> {
  try {
    return await askOne(server, questionName(host), family, budget, tcp);
  } catch (error) {
    throw AttemptFailure.from(error, 'resolve');
  }
}

/**
 * The name as it goes into a question. One that no server could be asked for would wait for an answer in vain.
 * @throws AttemptFailure `probe-error`
 */
function questionName(host: string): string {
  // oxlint-disable-next-line no-control-regex -- whatever is not ASCII needs its other spelling
  const name = (/^[\u0000-\u007f]*$/.test(host) ? host : domainToASCII(host)).replace(/\.$/, '');
  if (name.length > 253 || name.split('.').some((label) => label === '' || label.length > 63)) {
    throw new AttemptFailure('probe-error', 'resolve', 'not a name that can be asked for');
  }
  return name;
}

function withAddresses(answer: Answer): Answer {
  if (answer.addresses.length === 0) throw new Error('no addresses');
  return answer;
}

interface Server {
  readonly address: string;
  readonly port: number;
}

function weight({ addresses, soa, rcode }: Answer): number {
  return addresses.length > 0 ? 3 : soa !== undefined ? 2 : rcode === 'NXDOMAIN' || rcode === 'NOERROR' ? 1 : 0;
}

async function askOne(server: Server, name: string, family: 4 | 6, budget: Budget, tcp = false): Promise<Answer> {
  const question: Question = { type: family === 4 ? 'A' : 'AAAA', name };
  const id = randomInt(1, 65536);
  const message = packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [question] });
  const asked = { message, id, question };
  if (tcp) return read(await exchangeTcp(server, asked, budget), server.address, question.type);
  const overUdp = await exchangeUdp(server, asked, budget);
  if (!overUdp.flag_tc) return read(overUdp, server.address, question.type);
  try {
    return read(await exchangeTcp(server, asked, budget), server.address, question.type);
  } catch (error) {
    const cut = read(overUdp, server.address, question.type);
    if (cut.addresses.length > 0) return cut;
    // What did not fit may have been the addresses: this is no empty answer.
    throw new AttemptFailure(
      'probe-error',
      'resolve',
      `cut answer, and ${AttemptFailure.from(error, 'resolve').outcome} over TCP`,
    );
  }
}

interface Question {
  readonly type: 'A' | 'AAAA';
  readonly name: string;
}

interface Asked {
  readonly message: Buffer;
  readonly id: number;
  readonly question: Question;
}

function read(reply: packet.DecodedPacket, server: string, type: 'A' | 'AAAA'): Answer {
  const addresses = (reply.answers ?? []).flatMap((record) => (record.type === type ? [String(record.data)] : [])).slice(0, 32);
  const soa = (reply.authorities ?? []).find((record) => record.type === 'SOA')?.name;
  return { rcode: rcodeOf(reply), addresses, ...(soa === undefined ? {} : { soa: soa.slice(0, 255) }), server };
}

/** Sent again at half time; a reply counts only from the server that was asked, with our number and our question. */
async function exchangeUdp(server: Server, asked: Asked, budget: Budget): Promise<packet.DecodedPacket> {
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const socket = dgram.createSocket(net.isIPv6(server.address) ? 'udp6' : 'udp4');
  let cancel = (): void => undefined;
  let again: NodeJS.Timeout | undefined;
  let unreadable = false;
  try {
    return await new Promise<packet.DecodedPacket>((resolve, reject) => {
      const late = (): void => {
        if (unreadable) reject(new AttemptFailure('probe-error', 'resolve', `an answer of ${server.address} cannot be read`));
        else reject(new AttemptFailure('timeout', 'resolve', server.address));
      };
      cancel = deadline(left, late, budget);
      socket.on('error', reject);
      socket.on('message', (bytes) => {
        const reply = decode(bytes);
        if (reply !== undefined && isReply(reply, asked)) resolve(reply);
        // Ours by its number: there was an answer, whatever it says.
        else if (reply === undefined && bytes.length > 2 && bytes.readUInt16BE(0) === asked.id) unreadable = true;
      });
      // Connected: the kernel drops other senders, and tells of ICMP refusals.
      connectDatagram(socket, server.port, server.address, reject, () => {
        const send = (): void => socket.send(asked.message, (error) => error && reject(error));
        again = setTimeout(send, left / 2);
        send();
      });
    });
  } catch (error) {
    throw AttemptFailure.from(error, 'resolve');
  } finally {
    cancel();
    clearTimeout(again);
    socket.close();
  }
}

async function exchangeTcp(server: Server, asked: Asked, budget: Budget): Promise<packet.DecodedPacket> {
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const socket = net.connect({ host: server.address, port: server.port });
  let cancel = (): void => undefined;
  try {
    return await new Promise<packet.DecodedPacket>((resolve, reject) => {
      let received = Buffer.alloc(0);
      cancel = deadline(left, () => reject(new AttemptFailure('timeout', 'resolve', server.address)), budget);
      socket.on('error', reject);
      socket.on('end', () => reject(new AttemptFailure('reset', 'resolve', server.address)));
      socket.on('connect', () => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(asked.message.length);
        socket.write(Buffer.concat([length, asked.message]));
      });
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const reply = decode(received.subarray(2, 2 + received.readUInt16BE(0)));
        if (reply !== undefined && isReply(reply, asked)) resolve(reply);
        else reject(new AttemptFailure('probe-error', 'resolve', 'not an answer to the question'));
      });
    });
  } finally {
    cancel();
    socket.destroy();
  }
}

function decode(bytes: Buffer): packet.DecodedPacket | undefined {
  try {
    return packet.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Some servers leave the question out when they refuse it. */
function isReply(reply: packet.DecodedPacket, { id, question }: Asked): boolean {
  if (reply.type !== 'response' || reply.id !== id) return false;
  const asked = reply.questions?.[0];
  if (asked === undefined) return !['NOERROR', 'NXDOMAIN'].includes(rcodeOf(reply));
  return asked.type === question.type && asked.name.toLowerCase() === question.name.toLowerCase();
}

function rcodeOf(reply: packet.DecodedPacket): string {
  return (reply as { rcode?: string }).rcode ?? 'UNKNOWN';
}
