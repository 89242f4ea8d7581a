import { once } from 'node:events';
import { request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, createServer, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveMetrics, type MetricsServer } from '../../../src/metrics/server.ts';
import { CONTENT_TYPES } from '../../../src/metrics/text.ts';

const PROMETHEUS =
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.1';

let isReady = false;
let server: MetricsServer;
beforeAll(async () => {
  const source = { text: (dialect: string) => `# ${dialect}\n`, isReady: () => isReady };
  server = await serveMetrics({ listen: '127.0.0.1:0', hosts: ['Metrics.example'] }, source);
});
afterAll(() => server.close());

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path: string, { method = 'GET', headers = {} }: Asked = {}): Promise<Answer> {
  const asked = request(`${server.url}${path}`, { method, headers, agent: false }).end();
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** What comes back for words that a client of Node.js would not say. */
function say(words: string): Promise<string> {
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  socket.write(words);
  return text(socket);
}

describe('the metrics server', () => {
  it('answers Prometheus with OpenMetrics, and others with the older format', async () => {
    const modern = await ask('/metrics', { headers: { accept: PROMETHEUS } });
    expect(modern).toMatchObject({
      status: 200,
      body: '# openmetrics\n',
      headers: { 'content-type': CONTENT_TYPES.openmetrics },
    });
    for (const headers of [{}, { accept: '*/*' }]) {
      const old = await ask('/metrics?x=1', { headers });
      expect(old).toMatchObject({ status: 200, body: '# prometheus\n', headers: { 'content-type': CONTENT_TYPES.prometheus } });
    }
    expect(modern.headers).toMatchObject({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
  });

  it('is healthy at once, and ready when a run has ended', async () => {
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/readyz')).status).toBe(503);
    isReady = true;
    expect((await ask('/readyz')).status).toBe(200);
  });

  it('answers HEAD without a body, and nothing else but GET', async () => {
    expect(await ask('/metrics', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      expect(await ask('/metrics', { method })).toMatchObject({
        status: 405,
        headers: { allow: 'GET, HEAD', connection: 'close' },
      });
    }
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/metrics/')).status).toBe(404);
  });

  it('reads no body, and asks for none', async () => {
    const answer = await say('GET /healthz HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-length: 9999\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 .*connection: close/is);
    expect(answer).not.toContain('100 Continue');
  });

  it.each(['localhost', 'LOCALHOST:9464', '127.0.0.1', '127.0.0.1:1', '[::1]:9464', '192.0.2.7:9464', 'metrics.EXAMPLE'])(
    'may be asked as %s',
    async (host) => expect((await ask('/healthz', { headers: { host } })).status).toBe(200),
  );

  it.each([
    'evil.example',
    'localhost.evil.example:80',
    'evil.example:127.0.0.1',
    'a@localhost',
    '[localhost]',
    '127.0.0.1.evil.example',
  ])('may not be asked as "%s"', async (host) => expect((await ask('/metrics', { headers: { host } })).status).toBe(403));

  it('may not be asked without a name', async () => {
    expect(await say('GET /metrics HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 403 /);
    expect(await say('GET /metrics HTTP/1.1\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('ends a connection that says too much or nothing that is HTTP', async () => {
    for (const words of [`GET /metrics HTTP/1.1\r\nhost: localhost\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 'hello\r\n\r\n']) {
      expect(await say(words)).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('where metrics are served', () => {
  const source = { text: () => '', isReady: () => true };

  it.each(['0.0.0.0:0', '[::]:0', '192.0.2.1:9464', 'metrics.example:9464', '[::ffff:192.0.2.1]:1', '128.0.0.1:1'])(
    '%s has to be asked for',
    async (listen) => {
      await expect(serveMetrics({ listen }, source)).rejects.toMatchObject({ code: 'config-invalid' });
    },
  );

  it.each(['127.0.0.1', 'localhost', '127.0.0.1:65536', '::1:80', 'http://localhost:1', 'a b:1', ''])(
    '"%s" is no address',
    async (listen) => {
      await expect(serveMetrics({ listen }, source)).rejects.toMatchObject({ code: 'config-invalid' });
    },
  );

  it('may be open where somebody says so', async () => {
    // The unspecified address is not dialled here: that it may be listened on is enough.
    const open = await serveMetrics({ listen: '0.0.0.0:0', allowRemote: true }, source);
    await open.close();
  });

  it('has to be free', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    await expect(serveMetrics({ listen }, source)).rejects.toMatchObject({ code: 'output-failed' });
    await new Promise((done) => other.close(done));
  });
});
