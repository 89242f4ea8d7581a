/** Programs for `node -e` that play a part in a test's container. */

/** A forward proxy for CONNECT; `allow` is a JavaScript expression over `host` and `port`. */
export function proxyScript(allow: string): string {
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
        upstream.write(head);
        upstream.pipe(client);
        client.pipe(upstream);
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
