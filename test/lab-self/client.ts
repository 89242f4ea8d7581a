/** A small client that the tests run inside a lab's namespace; prints one JSON value. */
import packet, { type DecodedPacket, type RecordType } from 'dns-packet';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { connect, isIPv6 } from 'node:net';

const actions: Readonly<Record<string, (...args: string[]) => Promise<unknown>>> = {
  lookup: (name = '') => lookup(name, { all: true }),
  dns: async (transport, server = '', name = '', type = 'A') => {
    const query = {
      type: 'query' as const,
      id: 7,
      flags: packet.RECURSION_DESIRED,
      questions: [{ type: type as RecordType, name }],
    };
    const answer =
      transport === 'tcp'
        ? packet.streamDecode(await overTcp(server, 53, packet.streamEncode(query)))
        : packet.decode(await overUdp(server, 53, packet.encode(query)));
    const { rcode, flag_aa } = answer as DecodedPacket & { rcode: string };
    return {
      rcode,
      authoritative: flag_aa,
      answers: answer.answers?.map((each) => (each as { data: unknown }).data),
      authorities: answer.authorities?.map((each) => `${each.type} ${each.name}`),
    };
  },
  echo: async (transport, address = '', text = '') =>
    (await (transport === 'tcp' ? overTcp : overUdp)(address, 7, Buffer.from(text))).toString(),
  get: (url = '', ca) =>
    new Promise((resolve) => {
      const options = { timeout: 1500, ...(ca === undefined ? {} : { ca: readFileSync(ca) }) };
      const call = (url.startsWith('https') ? https : http)(url, options, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode, server: response.headers.server, body }));
      });
      call.on('timeout', () => call.destroy(Object.assign(new Error(), { code: 'TIMEOUT' })));
      call.on('error', (error: NodeJS.ErrnoException) => resolve({ error: error.code }));
      call.end();
    }),
};

function overUdp(address: string, port: number, message: Buffer): Promise<Buffer> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('timeout')), 2000).unref();
    socket.once('error', reject).once('message', (answer) => {
      socket.close();
      resolve(answer);
    });
    socket.send(message, port, address);
  });
}

function overTcp(address: string, port: number, message: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, address, () => socket.end(message));
    const chunks: Buffer[] = [];
    socket.setTimeout(2000, () => socket.destroy(new Error('timeout')));
    socket
      .on('error', reject)
      .on('data', (chunk) => chunks.push(chunk))
      .on('end', () => resolve(Buffer.concat(chunks)));
  });
}

const [action = '', ...args] = process.argv.slice(2);
const run = actions[action];
if (run === undefined) throw new Error(`no action "${action}"`);
process.stdout.write(JSON.stringify(await run(...args)));
