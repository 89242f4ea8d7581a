import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { afterEach, describe, expect, it } from 'vitest';
import { driftEvent } from '../../../src/telling/event.ts';
import type { Clock } from '../../../src/telling/retry.ts';
import { webhookReceiver } from '../../../src/telling/webhook.ts';
import { aDrift, ENGINE } from '../../support/drift.ts';

const KEY = Buffer.alloc(32, 1);
const event = driftEvent(aDrift(), ENGINE);
if (event === undefined) throw new Error('no event');
const never = new AbortController().signal;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function listen(handler: RequestListener): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=hidden`;
}

interface Seen {
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** Answers one after the other; the last again and again. */
async function receiving(...answers: (number | [number, Record<string, string>])[]): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await listen((request, response) => {
    void text(request).then((body) => {
      const answer = answers[Math.min(seen.length, answers.length - 1)] ?? 200;
      seen.push({ body, headers: request.headers });
      const [status, headers] = typeof answer === 'number' ? [answer, {}] : answer;
      response.writeHead(status, headers).end('an answer that nobody needs');
    });
  });
  return { url, seen };
}

/** Time that passes only by sleeping, and a chance that is always the same. */
function testClock(start = Date.now()): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    now: () => start + slept.reduce((sum, ms) => sum + ms, 0),
    sleep: (ms) => {
      slept.push(ms);
      return Promise.resolve();
    },
    random: () => 0.5,
  };
}

describe('a webhook', () => {
  it('is posted as signed JSON, and says who sends it', async () => {
    const { url, seen } = await receiving(204);
    const receiver = webhookReceiver({ url }, [KEY]);
    expect(await receiver.deliver(event, never)).toEqual({ state: 'delivered' });
    const [request] = seen;
    const headers = request?.headers as Record<string, string>;
    expect(new Webhook(`whsec_${KEY.toString('base64')}`).verify(request?.body ?? '', headers)).toEqual(event);
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'webhook-id': event.id });
    expect(headers['user-agent']).toMatch(/^bulkhead\/\d/);
  });

  it('is tried again with the same id and body, and signed anew', async () => {
    const { url, seen } = await receiving(500, 429, 200);
    const clock = testClock();
    expect(await webhookReceiver({ url }, [KEY], { clock }).deliver(event, never)).toEqual({ state: 'delivered' });
    expect(clock.slept).toEqual([500, 1000]);
    expect(new Set(seen.map(({ body, headers }) => `${String(headers['webhook-id'])} ${body}`)).size).toBe(1);
    expect(new Set(seen.map(({ headers }) => headers['webhook-signature'])).size).toBeGreaterThan(1);
  });

  it('is given up after the last attempt', async () => {
    const { url, seen } = await receiving(503);
    const outcome = await webhookReceiver({ url }, [KEY], { clock: testClock() }).deliver(event, never);
    expect(outcome).toEqual({ state: 'failed', why: 'answered 503 (attempt 8, the last)' });
    expect(seen).toHaveLength(8);
  });

  it('waits as long as it is asked, and not beyond the whole time', async () => {
    const patient = await receiving([429, { 'retry-after': '90' }], 200);
    const clock = testClock();
    expect(await webhookReceiver({ url: patient.url }, [KEY], { clock }).deliver(event, never)).toEqual({ state: 'delivered' });
    expect(clock.slept).toEqual([90_000]);
    const { url, seen } = await receiving([503, { 'retry-after': '86400' }]);
    const outcome = await webhookReceiver({ url }, [KEY], { clock: testClock() }).deliver(event, never);
    expect(outcome).toMatchObject({ state: 'failed' });
    expect(seen).toHaveLength(1);
  });

  it.each([400, 401, 404, 422])('is not tried again after %i', async (status) => {
    const { url, seen } = await receiving(status);
    expect(await webhookReceiver({ url }, [KEY]).deliver(event, never)).toEqual({ state: 'failed', why: `answered ${status}` });
    expect(seen).toHaveLength(1);
  });

  it('ends for good with 410', async () => {
    const { url } = await receiving(410);
    expect(await webhookReceiver({ url }, [KEY]).deliver(event, never)).toEqual({ state: 'gone', why: 'answered 410' });
  });

  it.each([301, 302, 307, 308])('does not follow a redirect: %i', async (status) => {
    const elsewhere = await receiving(200);
    const { url } = await receiving([status, { location: elsewhere.url }]);
    expect(await webhookReceiver({ url }, [KEY]).deliver(event, never)).toMatchObject({ state: 'failed' });
    expect(elsewhere.seen).toHaveLength(0);
  });

  it('does not read an answer that never ends', async () => {
    let closed = false;
    const url = await listen((_, response) => {
      response.writeHead(200);
      const pour = setInterval(() => response.write('x'.repeat(65_536)), 1);
      response.once('close', () => {
        clearInterval(pour);
        closed = true;
      });
    });
    expect(await webhookReceiver({ url }, [KEY]).deliver(event, never)).toEqual({ state: 'delivered' });
    await expect.poll(() => closed).toBe(true);
  });

  it('does not wait for ever for a receiver that says nothing', async () => {
    const url = await listen(() => undefined);
    const receiver = webhookReceiver({ url }, [KEY], { clock: testClock(), timeoutMs: 20 });
    expect(await receiver.deliver(event, never)).toEqual({
      state: 'failed',
      why: 'did not answer in time (attempt 8, the last)',
    });
  });

  it('says why nobody was reached, and nothing of the URL', async () => {
    const url = await listen(() => undefined);
    await new Promise((done) => servers.splice(0)[0]?.close(done));
    const receiver = webhookReceiver({ url }, [KEY], { clock: testClock() });
    const outcome = await receiver.deliver(event, never);
    expect(outcome).toEqual({ state: 'failed', why: 'was not reached (ECONNREFUSED) (attempt 8, the last)' });
    expect(receiver.name).toMatch(/^127\.0\.0\.1:\d+\/[0-9a-f]{8}$/);
  });

  it('ends when bulkhead does', async () => {
    const ending = new AbortController();
    const url = await listen(() => ending.abort());
    expect(await webhookReceiver({ url }, [KEY]).deliver(event, ending.signal)).toMatchObject({ state: 'failed' });
    const again = new AbortController();
    const busy = await listen((_, response) => {
      response.writeHead(503).end();
      setImmediate(() => again.abort());
    });
    const clock = {
      ...testClock(),
      sleep: (_: number, signal: AbortSignal) => new Promise<void>((_, no) => signal.addEventListener('abort', no)),
    };
    expect(await webhookReceiver({ url: busy }, [KEY], { clock }).deliver(event, again.signal)).toMatchObject({
      state: 'failed',
    });
  });
});

describe('the URL of a webhook', () => {
  it.each(['https://hooks.example/x', 'http://127.0.0.1/x', 'http://127.1.2.3:8080/', 'http://[::1]:80/', 'http://localhost/'])(
    'may be %s',
    (url) => expect(() => webhookReceiver({ url }, [KEY])).not.toThrow(),
  );

  it.each([
    'http://hooks.example/secret',
    'http://127.0.0.1.example/secret',
    'http://localhost.example/secret',
    'http://[::ffff:127.0.0.1]/secret',
    'http://0.0.0.0/secret',
    'https://user:secret@hooks.example/',
    'ftp://hooks.example/secret',
    'file:///secret',
    'secret',
  ])('may not be %s', (url) => {
    expect(() => webhookReceiver({ url }, [KEY])).toThrow(
      expect.objectContaining({ code: 'config-invalid', message: expect.not.stringContaining('secret') }) as Error,
    );
  });

  it('needs no TLS where somebody says so', () => {
    expect(() => webhookReceiver({ url: 'http://hooks.example/', allowHttp: true }, [KEY])).not.toThrow();
  });
});
