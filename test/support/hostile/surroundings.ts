import { readFile } from 'node:fs/promises';
import type { Lab, LabProcess } from '../../../lab/lab.ts';
import { eventually } from './eventually.ts';

/** What the listeners on the engine's host say to whoever reaches them; the one for datagrams writes down what it hears. */
export const HOST_CANARY = {
  all: 'the-host-answers',
  loopback: 'the-loopback-of-the-host-answers',
  udpPort: 7777,
  abstract: '\0bulkhead-hostile',
} as const;

/** Listeners in the host's namespace: on all its addresses (TCP 80, UDP 7777), on its loopback alone (TCP 443), and on a unix socket without a file. */
export function startHostCanaries(lab: Lab): Promise<LabProcess> {
  return started(
    lab,
    'host',
    'canary-host',
    `
    const net = require('node:net'), dgram = require('node:dgram');
    const say = (words) => net.createServer((socket) => socket.on('error', () => {}).end(words));
    const udp = dgram.createSocket('udp4').on('message', (message) => console.log('datagram ' + message));
    udp.bind(${HOST_CANARY.udpPort}, '0.0.0.0', () =>
      say('${HOST_CANARY.all}').listen({ host: '::', port: 80 }, () =>
        say('${HOST_CANARY.loopback}').listen({ host: '127.0.0.1', port: 443 }, () =>
          say('').listen(${JSON.stringify(HOST_CANARY.abstract)}, () => console.log('ready')))));
    `,
  );
}

/** Every address of the engine's host, bridges included. */
export async function hostAddresses(lab: Lab): Promise<readonly string[]> {
  const { stdout } = await lab.exec('host', ['ip', '-j', 'addr']);
  const devices = JSON.parse(stdout) as readonly {
    readonly addr_info: readonly { readonly local: string; readonly scope: string }[];
  }[];
  // Link-local addresses mean nothing without the name of an interface.
  return devices.flatMap(({ addr_info: all }) => all.filter(({ scope }) => scope !== 'link').map(({ local }) => local));
}

/** A request as the careless server understood it. */
export interface SeenRequest {
  readonly port: number;
  readonly target: string;
  readonly host: string;
}

export interface CarelessServer {
  /** `length` believes Content-Length, `chunks` whatever looks like Transfer-Encoding: chunked. */
  readonly ports: { readonly length: number; readonly chunks: number };
  /** Everything that it took for a request so far. */
  readonly seen: () => Promise<readonly SeenRequest[]>;
  readonly stop: () => Promise<void>;
}

/**
 * A server on the internet's allowed address that reads HTTP as the ones that were smuggled past do: it forgives
 * bare line feeds and blanks before colons, and believes one of two lengths.
 */
export async function startCarelessServer(lab: Lab): Promise<CarelessServer> {
  const ports = { length: 8081, chunks: 8082 } as const;
  const process = await started(
    lab,
    'inet',
    'careless-server',
    `
    const net = require('node:net');
    const serve = (port, prefersChunks) => net.createServer((socket) => {
      let bytes = '';
      const bodyEnd = (headers, from) => {
        const length = /^content-length\\s*:\\s*(\\d+)/im.exec(headers), chunked = /^transfer-encoding\\s*:.*chunked/im.test(headers);
        if (chunked && (prefersChunks || length === null)) {
          for (let at = from; ; ) {
            const line = /^([0-9a-f]+)[^\\n]*\\n/i.exec(bytes.slice(at));
            if (line === null) return -1;
            const size = parseInt(line[1], 16);
            at += line[0].length + size;
            if (size === 0) return /^\\r?\\n/.test(bytes.slice(at)) ? at + /^\\r?\\n/.exec(bytes.slice(at))[0].length : -1;
            at += (/^\\r?\\n/.exec(bytes.slice(at)) ?? [''])[0].length;
          }
        }
        return from + (length === null ? 0 : Number(length[1]));
      };
      socket.on('error', () => {}).on('data', (chunk) => {
        bytes += chunk.toString('latin1');
        for (;;) {
          bytes = bytes.replace(/^[\\r\\n]+/, '');
          const head = /\\r?\\n\\r?\\n/.exec(bytes);
          if (head === null) return;
          const headers = bytes.slice(0, head.index), end = bodyEnd(headers, head.index + head[0].length);
          if (end < 0 || end > bytes.length) return;
          bytes = bytes.slice(end);
          const target = headers.split(' ')[1] ?? '', host = (/^host\\s*:\\s*(\\S*)/im.exec(headers) ?? ['', ''])[1];
          console.log(JSON.stringify({ port, target, host }));
          const body = 'answer to ' + target + ' of ' + host;
          socket.write('HTTP/1.1 200 OK\\r\\nContent-Length: ' + body.length + '\\r\\n\\r\\n' + body);
        }
      });
    }).listen(port, '203.0.113.10', () => console.log('ready'));
    serve(${ports.length}, false);
    serve(${ports.chunks}, true);
    `,
    2,
  );
  return {
    ports,
    seen: async () => {
      const text = await readFile(process.logFile, 'utf8');
      return text.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as SeenRequest] : []));
    },
    stop: () => process.stop(),
  };
}

/** Runs a script in a namespace of the lab, and waits until it has said so often that it is ready. */
async function started(lab: Lab, namespace: 'host' | 'inet', name: string, script: string, times = 1): Promise<LabProcess> {
  const running = await lab.spawn(namespace, [process.execPath, '-e', script], { name });
  await eventually(async () => {
    const log = await readFile(running.logFile, 'utf8').catch(() => '');
    if (log.split('ready').length <= times) throw new Error(`${name} does not listen: ${log}`);
  });
  return running;
}
