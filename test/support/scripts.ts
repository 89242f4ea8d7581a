/** Programs for `node -e` that play a part in a test's container. */

/**
 * A forward proxy for CONNECT; `allow` is a JavaScript expression over `host` and `port`. With `named` the first bytes
 * of the client have to hold the name that it asked for, as the greeting of TLS does.
 */
export function proxyScript(allow: string, named = false): string {
  return `
    const http = require('http'), net = require('net');
    const server = http.createServer((request, response) => { response.writeHead(403); response.end(); });
    server.on('connect', (request, client, head) => {
      client.on('error', () => {});
      const url = new URL('http://' + request.url);
      const host = url.hostname.replace(/^\\[|\\]$/g, ''), port = Number(url.port || 80);
      if (!(${allow})) return client.end('HTTP/1.1 403 Forbidden\\r\\n\\r\\n');
      const upstream = net.connect(port, host, () => {
        client.write('HTTP/1.1 200 OK\\r\\n\\r\\n');
        const pass = (first) => {
          if (${named} && !first.includes(host)) { upstream.destroy(); return client.destroy(); }
          upstream.write(first);
          upstream.pipe(client);
          client.pipe(upstream);
        };
        if (${!named} || head.length > 0) pass(head);
        else client.once('data', pass);
      });
      upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\\r\\n\\r\\n'));
    });
    server.listen(3128, '0.0.0.0');
  `;
}

/** Hands on every connection to a Unix socket, as an engine that listens on TCP answers. */
export function socketOnTcp(address: string, port: number, socketPath: string): string {
  return `
    const net = require('net');
    net.createServer((client) => {
      const engine = net.connect('${socketPath}');
      client.on('error', () => engine.destroy());
      engine.on('error', () => client.destroy());
      client.pipe(engine).pipe(client);
    }).listen(${port}, '${address}');
  `;
}

/** An HTTP endpoint that looks at Host, at Origin and at the token, in this order, and has nothing behind it. */
export function guardedEndpoint(port: number): string {
  return `
    require('http').createServer((request, response) => {
      const { host = '', origin, authorization } = request.headers;
      if (!/^(localhost|127\\.0\\.0\\.1)(:\\d+)?$/.test(host) || origin !== undefined) return response.writeHead(403).end();
      if (authorization !== 'Bearer t0ken') return response.writeHead(401, { 'WWW-Authenticate': 'Bearer' }).end();
      response.writeHead(404).end();
    }).listen(${port}, '0.0.0.0');
  `;
}

/** A name server that answers every name with one address, as a filter by DNS does. */
export function sinkholeScript(address: string): string {
  return `
    const bytes = '${address}'.split('.').map(Number);
    const socket = require('dgram').createSocket('udp4');
    socket.on('message', (query, peer) => {
      let end = 12;
      while (query[end] !== 0) end += query[end] + 1;
      const question = query.subarray(12, end + 5), isA = query.readUInt16BE(end + 1) === 1;
      const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
      const answer = isA ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...bytes]) : Buffer.alloc(0);
      socket.send(Buffer.concat([head, question, answer]), peer.port, peer.address);
    });
    socket.bind(53);
  `;
}

/** What a filter sends people to: a page that says so with status 200, and on the port of TLS a listener that swallows all. */
export const WALL = `
  require('http').createServer((request, response) => {
    response.writeHead(200, { Server: 'filter' });
    response.end('this site is blocked');
  }).listen(80, '0.0.0.0');
  require('net').createServer((socket) => socket.on('error', () => {}).resume()).listen(443, '0.0.0.0');
`;
