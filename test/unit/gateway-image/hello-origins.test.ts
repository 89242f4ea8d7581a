import fc from 'fast-check';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { expect, it } from 'vitest';
import { readClientHello } from '../../../gateway-image/src/client-hello.ts';
import { judgeFirstBytes } from '../../../gateway-image/src/first-bytes.ts';
import { listening, LOOPBACK, quiet, until } from './fixtures.ts';
import { extension, greetings, inRecords, madeHello, realHello, sni, withExtensions } from './hellos.ts';
import { IDENTITY, NO_OPENSSL } from './identity.ts';

/** A server of OpenSSL, and what it makes of the first bytes of a connection: the name that it saw, if it goes on. */
async function tlsServer() {
  let name: string | undefined;
  const server = createServer({
    ...IDENTITY,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['h2', 'http/1.1'],
    SNICallback: (asked, done) => {
      name = asked;
      done(null);
    },
  });
  server.on('tlsClientError', () => undefined);
  const running = await listening(server);
  const read = async (pieces: readonly Buffer[]): Promise<{ readonly accepted: boolean; readonly name: string | undefined }> => {
    name = undefined;
    const client = quiet(connect({ port: running.port, host: LOOPBACK, noDelay: true }));
    let first: number | undefined;
    const answered = new Promise<void>((resolve) => {
      client.once('data', ([type]: Buffer) => {
        first = type;
        resolve();
      });
      client.once('close', () => resolve());
    });
    for (const piece of pieces) client.write(piece);
    // Half a greeting has no answer but the end.
    const patience = setTimeout(() => client.end(), 20);
    await answered;
    clearTimeout(patience);
    client.destroy();
    await until(() => running.open.size === 0);
    // An answer with a handshake: the greeting was understood.
    return { accepted: first === 0x16, name };
  };
  return { read, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

it.skipIf(NO_OPENSSL)(
  'whatever OpenSSL takes for a greeting is read here as OpenSSL reads it, or refused',
  { timeout: 120_000 },
  async () => {
    await using server = await tlsServer();
    const { first, second } = await greetings('name.test', 'name.test');
    const real = await Promise.all([
      realHello({ servername: 'name.test' }),
      realHello({ servername: 'name.test', maxVersion: 'TLSv1.2' }),
      realHello({ servername: 'NAME.test', minVersion: 'TLSv1.3', ALPNProtocols: ['h2', 'http/1.1'] }),
      realHello({ servername: 'name.test', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', maxVersion: 'TLSv1.2' }),
      realHello({ servername: `${'long.'.repeat(40)}name.test` }),
      realHello({}),
    ]);
    const hello = fc.constantFrom(...real, first, second, madeHello(sni('name.test')));
    const name = fc.constantFrom(
      'name.test',
      'evil.test',
      'evil.test.',
      'evil.test\0name.test',
      '',
      'a'.repeat(300),
      '127.0.0.1',
    );
    type Change = (bytes: Buffer) => Buffer;
    const onReal =
      (change: Change): Change =>
      (bytes) =>
        bytes.length > 100 ? change(bytes) : bytes;
    const change: fc.Arbitrary<Change> = fc.oneof(
      fc.tuple(fc.nat(2000), fc.nat(255)).map(([at, value]): Change => (bytes) => {
        const changed = Buffer.from(bytes);
        changed[at % bytes.length] = value;
        return changed;
      }),
      fc.constantFrom(3, 50, 1000).map(
        (size): Change =>
          (bytes) =>
            inRecords(bytes, size),
      ),
      fc.constantFrom('80', '150301000201', '1403030001', '1503030002015a', '1603010000', '160301000101').map(
        (hex): Change =>
          (bytes) =>
            Buffer.concat([Buffer.from(hex, 'hex'), bytes]),
      ),
      fc.uint8Array({ maxLength: 40 }).map(
        (more): Change =>
          (bytes) =>
            Buffer.concat([bytes, more]),
      ),
      fc.nat(600).map(
        (size): Change =>
          (bytes) =>
            bytes.subarray(0, Math.max(1, bytes.length - size)),
      ),
    );
    const rewrite: fc.Arbitrary<Change> = fc.oneof(
      fc.constant<Change>((bytes) => bytes),
      fc.tuple(name, fc.boolean()).map(([other, ahead]) =>
        onReal((bytes) =>
          withExtensions(bytes, (all) => {
            const more = [0, sni(other).subarray(4)] as const;
            const kept = all.filter(([type]) => type !== 0);
            return ahead ? [more, ...kept] : [...all, more];
          }),
        ),
      ),
      fc
        .tuple(name, name)
        .map(([a, b]) =>
          onReal((bytes) => withExtensions(bytes, (all) => [...all.filter(([type]) => type !== 0), [0, sni(a, b).subarray(4)]])),
        ),
      fc
        .array(fc.tuple(fc.integer({ min: 60_000, max: 65_000 }), fc.nat(1200)), { maxLength: 12 })
        .map((many) =>
          onReal((bytes) =>
            withExtensions(bytes, (all) => [
              ...many.map(([type, size]) => [type, extension(0, Buffer.alloc(size)).subarray(4)] as const),
              ...all,
            ]),
          ),
        ),
    );
    const seen = { accepted: 0, named: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        hello,
        rewrite,
        fc.array(change, { maxLength: 2 }),
        fc.array(fc.nat(600), { maxLength: 3 }),
        async (start, rewriting, changes, cuts) => {
          const bytes = changes.reduce((before, next) => next(before), rewriting(start));
          const points = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
          const pieces = points
            .slice(1)
            .map((end, index) => bytes.subarray(points[index], end))
            .filter((piece) => piece.length > 0);
          const answer = await server.read(pieces);
          const here = readClientHello(bytes);
          const [type = 0] = bytes;
          if (!answer.accepted && answer.name === undefined) {
            seen.refused += 1;
            return;
          }
          seen.accepted += 1;
          if (answer.name !== undefined) seen.named += 1;
          // What does not begin like a record is judged elsewhere, and must not pass either.
          const host = { kind: 'name', text: 'name.test' } as const;
          if (type !== 0x16) expect(judgeFirstBytes(bytes, { host, mayHide: true }).kind).toBe('refuse');
          else if (here.state === 'read') expect(here.serverName).toBe(answer.name);
          else expect(here.state).toBe('malformed');
        },
      ),
      { numRuns: 600, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(0);
  },
);
