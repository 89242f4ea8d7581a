import packet from 'dns-packet';
import { randomInt } from 'node:crypto';
import dgram from 'node:dgram';
import net from 'node:net';
import type { Budget } from './attempt.ts';
import { connectDatagram } from './datagram.ts';
import { deadline } from './deadline.ts';
import { AttemptFailure } from './failure.ts';

export interface Answer {
  readonly rcode: string;
  readonly addresses: readonly string[];
  /** Owner of the SOA record of the authority section. */
  readonly soa?: string;
  readonly server: string;
}

/**
 * Asks every server at once and takes the most telling answer: addresses, then a zone's SOA, then any code.
 * @throws AttemptFailure `timeout`, or how the best of them failed
 */
export async function ask(servers: readonly string[], host: string, family: 4 | 6, budget: Budget): Promise<Answer> {
  const settled = await Promise.allSettled(servers.map((server) => askOne(server, host, family, budget)));
  const answers = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const best = answers.toSorted((a, b) => weight(b) - weight(a))[0];
  if (best !== undefined) return best;
  const [first] = settled;
  throw first?.status === 'rejected' ? AttemptFailure.from(first.reason, 'resolve') : new AttemptFailure('timeout', 'resolve');
}

function weight({ addresses, soa, rcode }: Answer): number {
  return addresses.length > 0 ? 3 : soa !== undefined ? 2 : rcode === 'NXDOMAIN' || rcode === 'NOERROR' ? 1 : 0;
}

async function askOne(server: string, host: string, family: 4 | 6, budget: Budget): Promise<Answer> {
  const question = { type: family === 4 ? 'A' : 'AAAA', name: host } as const;
  const id = randomInt(1, 65536);
  const message = packet.encode({ type: 'query', id, flags: packet.RECURSION_DESIRED, questions: [question] });
  const overUdp = await exchangeUdp(server, message, id, host, budget);
  const reply = overUdp.flag_tc ? await exchangeTcp(server, message, id, host, budget).catch(() => overUdp) : overUdp;
  return read(reply, server, question.type);
}

function read(reply: packet.DecodedPacket, server: string, type: 'A' | 'AAAA'): Answer {
  const addresses = (reply.answers ?? []).flatMap((record) => (record.type === type ? [String(record.data)] : [])).slice(0, 32);
  const soa = (reply.authorities ?? []).find((record) => record.type === 'SOA')?.name;
  const rcode = (reply as { rcode?: string }).rcode ?? 'UNKNOWN';
  return { rcode, addresses, ...(soa === undefined ? {} : { soa: soa.slice(0, 255) }), server };
}

/** Sent again at half time; a reply counts only from the server that was asked, with our number and our question. */
async function exchangeUdp(server: string, message: Buffer, id: number, host: string, budget: Budget): Promise<packet.DecodedPacket> {
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const socket = dgram.createSocket(net.isIPv6(server) ? 'udp6' : 'udp4');
  let cancel = (): void => undefined;
  let again: NodeJS.Timeout | undefined;
  try {
    return await new Promise<packet.DecodedPacket>((resolve, reject) => {
      cancel = deadline(left, () => reject(new AttemptFailure('timeout', 'resolve', server)));
      socket.on('error', reject);
      socket.on('message', (bytes) => {
        const reply = decode(bytes);
        if (reply !== undefined && isReply(reply, id, host)) resolve(reply);
      });
      // Connected: the kernel drops other senders, and tells of ICMP refusals.
      connectDatagram(socket, 53, server, reject, () => {
        const send = (): void => socket.send(message, (error) => error && reject(error));
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

async function exchangeTcp(server: string, message: Buffer, id: number, host: string, budget: Budget): Promise<packet.DecodedPacket> {
  const left = Math.max(1, budget.timeoutMs - (performance.now() - budget.start));
  const socket = net.connect({ host: server, port: 53 });
  let cancel = (): void => undefined;
  try {
    return await new Promise<packet.DecodedPacket>((resolve, reject) => {
      let received = Buffer.alloc(0);
      cancel = deadline(left, () => reject(new AttemptFailure('timeout', 'resolve', server)));
      socket.on('error', reject);
      socket.on('end', () => reject(new AttemptFailure('reset', 'resolve', server)));
      socket.on('connect', () => {
        const length = Buffer.alloc(2);
        length.writeUInt16BE(message.length);
        socket.write(Buffer.concat([length, message]));
      });
      socket.on('data', (chunk) => {
        received = Buffer.concat([received, chunk]);
        if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
        const reply = decode(received.subarray(2, 2 + received.readUInt16BE(0)));
        if (reply !== undefined && isReply(reply, id, host)) resolve(reply);
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

function isReply(reply: packet.DecodedPacket, id: number, host: string): boolean {
  return reply.type === 'response' && reply.id === id && reply.questions?.[0]?.name.toLowerCase() === host.toLowerCase();
}
