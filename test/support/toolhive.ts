/**
 * Stand-ins for what ToolHive runs on the host, as programs for `node -e`. Paths, codes, headers and the order of the
 * checks are those of stacklok/toolhive: `pkg/api/server.go`, `pkg/api/v1` and the middleware of its proxies.
 */

const WORKLOAD = {
  name: 'weather',
  package: 'registry.example/weather:1.0',
  url: 'http://127.0.0.1:13001/mcp',
  port: 13001,
  transport_type: 'streamable-http',
  proxy_mode: 'streamable-http',
  status: 'running',
  created_at: '2026-01-01T00:00:00Z',
  group: 'default',
};

/** `thv serve`. With OIDC it asks everybody for a token, whatever the path. */
export function toolhiveApi(address: string, port: number, oidc = false): string {
  return `
    const workload = ${JSON.stringify(WORKLOAD)};
    const answers = {
      '/api/v1beta/version': () => JSON.stringify({ version: 'v0.44.0' }),
      '/api/v1beta/workloads': () => JSON.stringify({ workloads: [workload] }),
      '/api/v1beta/workloads/weather': () => JSON.stringify({ ...workload, permission_profile: {}, network_isolation: true }),
      '/api/v1beta/workloads/weather/logs': () => 'listening on 3001',
    };
    require('http').createServer((request, response) => {
      response.setHeader('X-Content-Type-Options', 'nosniff');
      response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
      if (request.url.startsWith('/api/')) response.setHeader('Content-Type', 'application/json');
      if (${String(oidc)} && !/^Bearer ./.test(request.headers.authorization ?? '')) {
        response.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="toolhive"' });
        return response.end('authorization header required');
      }
      if (request.url === '/health') {
        response.writeHead(204, { 'X-Toolhive-Nonce': 'd1c2' });
        return response.end();
      }
      const answer = answers[request.url.replace(/\\/$/, '')];
      response.statusCode = answer === undefined ? 404 : 200;
      response.end(answer === undefined ? '404 page not found' : answer());
    }).listen(${port}, '${address}');
  `;
}

/**
 * The proxy process before a workload: bound to the loopback it refuses a foreign Origin, elsewhere it looks at none;
 * with a token it asks for it after that.
 */
export function toolhiveProxy(address: string, port: number, upstream: string, token?: string): string {
  return `
    const http = require('http');
    const upstream = new URL('${upstream}');
    const loopback = ${String(address.startsWith('127.'))};
    const origins = ['localhost', '127.0.0.1', '[::1]'].map((name) => 'http://' + name + ':${port}');
    http.createServer((request, response) => {
      const { origin, authorization } = request.headers;
      if (loopback && origin !== undefined && !origins.includes(origin)) return response.writeHead(403).end('Origin not allowed');
      if (request.url === '/health') return response.writeHead(200).end('{"status":"healthy"}');
      if (${JSON.stringify(token ?? null)} !== null && authorization !== 'Bearer ' + ${JSON.stringify(token ?? null)}) {
        return response.writeHead(401, { 'WWW-Authenticate': 'Bearer realm="toolhive"' }).end();
      }
      const headers = { ...request.headers, host: upstream.host };
      // Of each connection its own.
      for (const name of ['origin', 'connection', 'keep-alive']) delete headers[name];
      const onwards = http.request({ agent: false, host: upstream.hostname, port: upstream.port, method: request.method, path: request.url, headers }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      onwards.on('error', () => response.headersSent ? response.destroy() : response.writeHead(502).end());
      request.pipe(onwards);
    }).listen(${port}, '${address}');
  `;
}

/** Labels of a workload's container. */
export function toolhiveLabels(name: string, proxyPort: number, transport: string): Readonly<Record<string, string>> {
  return {
    toolhive: 'true',
    'toolhive-name': name,
    'toolhive-basename': name,
    'toolhive-transport': transport,
    'toolhive-port': String(proxyPort),
    'toolhive-network-isolation': 'false',
  };
}
