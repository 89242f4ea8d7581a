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

/** Answers as ToolHive's management API does, without credentials. */
export const MANAGEMENT_API = `
  require('http').createServer((request, response) => {
    const isVersion = request.url === '/api/v1beta/version';
    response.writeHead(isVersion ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(isVersion ? '{"version":"v0.44.0"}' : '{}');
  }).listen(8080, '0.0.0.0');
`;
