/*
 * The filtering proxy of the half-way platform, run with `node -e` in a container on both networks. It lets HTTP and
 * CONNECT through to what PROFILE allows, and forwards every DNS question, whoever asks and whatever for.
 */
import dgram from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';

const {
  insecure_allow_all: all = false,
  allow_host: hosts = [],
  allow_port: ports = [],
} = JSON.parse(process.env.PROFILE).network?.outbound ?? {};
const RESOLVER = /^nameserver (\S+)/m.exec(readFileSync('/etc/resolv.conf', 'utf8'))?.[1] ?? '127.0.0.11';

function isAllowed(host, port) {
  if (all) return true;
  if (hosts.length + ports.length === 0) return false;
  const wanted = ports.length > 0 ? ports : [80, 443];
  const named =
    hosts.length === 0 || hosts.some((entry) => host === entry || (entry.startsWith('.') && `.${host}`.endsWith(entry)));
  return named && wanted.includes(port);
}

const proxy = http.createServer((request, response) => {
  const url = URL.parse(request.url);
  const port = Number(url?.port || 80);
  if (url?.protocol !== 'http:' || !isAllowed(url.hostname, port)) return response.writeHead(403).end('not allowed\n');
  const { method, headers } = request;
  const upstream = http.request({ host: url.hostname, port, path: url.pathname + url.search, method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  request.pipe(upstream);
});
proxy.on('connect', (request, client, head) => {
  client.on('error', () => undefined);
  const url = URL.parse(`http://${request.url}`);
  const host = url?.hostname.replace(/^\[|\]$/g, '') ?? '';
  const port = Number(url?.port || 80);
  if (!isAllowed(host, port)) return client.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  const upstream = net.connect(port, host, () => {
    client.write('HTTP/1.1 200 OK\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
  });
  upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
});

const names = dgram.createSocket('udp4');
names.on('message', (question, asker) => {
  const upstream = dgram.createSocket('udp4');
  const end = setTimeout(() => upstream.close(), 5000);
  upstream.on('message', (answer) => {
    names.send(answer, asker.port, asker.address);
    clearTimeout(end);
    upstream.close();
  });
  upstream.on('error', () => undefined);
  upstream.send(question, 53, RESOLVER);
});

proxy.listen(3128, '0.0.0.0');
names.bind(53, '0.0.0.0');
await Promise.all([once(proxy, 'listening'), once(names, 'listening')]);
console.log(`listening, names are asked of ${RESOLVER}`);
