import packet, { type Packet, type Question, type SoaAnswer } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { createServer, isIPv6 } from 'node:net';
import type { DnsLogEntry } from '../types.ts';
import { jsonLines, plainAddress } from './log.ts';
import { answer, type Rcode, type Records } from './zone.ts';

const rcodes: Readonly<Record<Rcode, number>> = { NOERROR: 0, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 };
const ttlSeconds = 5;

/** Serves DNS over UDP and TCP on port 53 of each address. Resolves when all of them listen. */
export async function serveDns(addresses: readonly string[], logFile: string, records: Records): Promise<void> {
  const log = jsonLines<DnsLogEntry>(logFile);
  await Promise.all(addresses.flatMap((address) => [serveUdp(address, log, records), serveTcp(address, log, records)]));
}

type Log = (entry: Omit<DnsLogEntry, 'time'>) => void;

function serveUdp(address: string, log: Log, records: Records): Promise<void> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  socket.on('message', (message, peer) => {
    const query = decode(message);
    if (query === undefined) return;
    socket.send(packet.encode(respond(query, 'udp', peer.address, log, records)), peer.port, peer.address);
  });
  return new Promise((resolve, reject) => socket.once('error', reject).bind(53, address, resolve));
}

function serveTcp(address: string, log: Log, records: Records): Promise<void> {
  const server = createServer((socket) => {
    let pending = Buffer.alloc(0);
    socket.setTimeout(10_000, () => socket.destroy()).on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
        const end = 2 + pending.readUInt16BE(0);
        const query = decode(pending.subarray(2, end));
        pending = pending.subarray(end);
        if (query === undefined) return socket.destroy();
        socket.write(packet.streamEncode(respond(query, 'tcp', plainAddress(socket.remoteAddress), log, records)));
      }
      return undefined;
    });
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(53, address, resolve));
}

function decode(message: Buffer): Packet | undefined {
  try {
    const query = packet.decode(message);
    return query.type === 'query' && query.questions?.length === 1 ? query : undefined;
  } catch {
    // No answer, as most servers do with what is not DNS.
    return undefined;
  }
}

function respond(query: Packet, transport: 'udp' | 'tcp', client: string, log: Log, records: Records): Packet {
  const question = query.questions?.[0] as Question;
  const name = question.name.toLowerCase().replace(/\.$/, '') || '.';
  const isQuery = (query as { opcode?: string }).opcode === 'QUERY';
  const found = isQuery ? answer(name, question.type, records) : { rcode: 'NOTIMP' as const, addresses: [] };
  log({ transport, client, name, type: question.type, rcode: found.rcode });
  const soa = found.zone === undefined ? [] : [startOfAuthority(found.zone)];
  const apexSoa = question.type === 'SOA' && name === found.zone ? soa : [];
  const answers = [
    ...apexSoa,
    ...found.addresses.map((data) => ({
      type: question.type as 'A',
      name: question.name,
      ttl: ttlSeconds,
      class: 'IN' as const,
      data,
    })),
  ];
  const wantsEdns = query.additionals?.some(({ type }) => type === 'OPT') === true;
  return {
    id: query.id ?? 0,
    type: 'response',
    flags:
      (found.zone === undefined ? 0 : packet.AUTHORITATIVE_ANSWER) |
      ((query.flags ?? 0) & packet.RECURSION_DESIRED) |
      rcodes[found.rcode],
    questions: [question],
    answers,
    authorities: answers.length === 0 ? soa : [],
    additionals: wantsEdns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: 1232,
            flags: 0,
            extendedRcode: 0,
            ednsVersion: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [],
  };
}

function startOfAuthority(zone: string): SoaAnswer {
  return {
    type: 'SOA',
    name: zone,
    ttl: ttlSeconds,
    class: 'IN',
    data: {
      mname: `ns.${zone}`,
      rname: `hostmaster.${zone}`,
      serial: 1,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
      minimum: ttlSeconds,
    },
  };
}
