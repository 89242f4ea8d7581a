import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_HELLO, readClientHello } from '../../../gateway-image/src/client-hello.ts';
import { ECH, extension, inRecords, madeHello, realHello, sni } from './hellos.ts';

const OPTIONS = [
  { servername: 'name.test' },
  { servername: 'name.test', maxVersion: 'TLSv1.2' as const },
  { servername: 'name.test', minVersion: 'TLSv1.3' as const, ALPNProtocols: ['h2', 'http/1.1'] },
  { servername: 'name.test', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
  { servername: 'name.test', ALPNProtocols: Array.from({ length: 60 }, (_, i) => `${'p'.repeat(200)}${i}`) },
];

describe('a real ClientHello', () => {
  it.each(OPTIONS)('%#: its name is found, and only when all of it is there', async (options) => {
    const hello = await realHello(options);
    const expected = { state: 'read', serverName: 'name.test', encrypted: false };
    for (let cut = 0; cut < hello.length; cut += 1) expect(readClientHello(hello.subarray(0, cut)).state).toBe('more');
    expect(readClientHello(hello)).toEqual(expected);
    // What follows it is not looked at: early data, or a second flight.
    expect(readClientHello(Buffer.concat([hello, Buffer.from([0x17, 3, 3, 0, 1, 0])]))).toEqual(expected);
    for (const size of [3, 4, 5, 16, 100, 255, 1000].filter((each) => hello.length / each < 250)) {
      const records = inRecords(hello, size);
      expect(readClientHello(records)).toEqual(expected);
      for (let cut = 0; cut < Math.min(records.length, 600); cut += 1) {
        expect(readClientHello(records.subarray(0, cut)).state).toBe('more');
      }
    }
  });

  it('without a name has none', async () => {
    expect(readClientHello(await realHello({}))).toEqual({ state: 'read', serverName: undefined, encrypted: false });
  });

  it('mutated, never names somebody who is not in its bytes', async () => {
    const hello = await realHello({ servername: 'name.test' });
    const states = { more: 0, malformed: 0, read: 0 };
    const mutation = fc.tuple(
      fc.nat(hello.length - 1),
      fc.integer({ min: 0, max: 255 }),
      fc.constantFrom('set', 'insert', 'cut'),
    );
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        let bytes = Buffer.from(hello);
        for (const [at, value, how] of mutations) {
          if (how === 'set' && at < bytes.length) bytes[at] = value;
          else if (how === 'insert') bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([value]), bytes.subarray(at)]);
          else if (how === 'cut') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
        }
        const reading = readClientHello(bytes);
        states[reading.state] += 1;
        if (reading.state === 'read' && reading.serverName !== undefined) {
          expect(bytes.includes(Buffer.from(reading.serverName, 'latin1'))).toBe(true);
        }
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(...Object.values(states))).toBeGreaterThan(0);
  });

  it('random bytes end in an answer', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, asRecord) => {
        const input = Buffer.from(bytes);
        const record = Buffer.from([0x16, 3, 1, input.length >> 8, input.length & 255]);
        expect(['more', 'malformed', 'read']).toContain(readClientHello(asRecord ? Buffer.concat([record, input]) : input).state);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('what could be read in two ways is malformed', () => {
  it('and the control is not', () => {
    expect(readClientHello(madeHello(sni('name.test')))).toEqual({ state: 'read', serverName: 'name.test', encrypted: false });
    expect(readClientHello(madeHello(sni('name.test'), extension(10, Buffer.from([0, 2, 0, 29]))))).toMatchObject({
      state: 'read',
    });
  });

  const good = madeHello(sni('name.test'));
  const changed = (at: number, value: number): Buffer => {
    const bytes = Buffer.from(good);
    bytes[at] = value;
    return bytes;
  };
  it.each<[string, Buffer]>([
    ['two names', madeHello(sni('name.test', 'evil.test'))],
    ['two lists', madeHello(sni('name.test'), sni('evil.test'))],
    ['any extension twice', madeHello(sni('name.test'), extension(10, Buffer.alloc(0)), extension(10, Buffer.alloc(0)))],
    ['an empty name', madeHello(sni(''))],
    ['an empty list', madeHello(extension(0, Buffer.from([0, 0])))],
    ['an empty extension', madeHello(extension(0, Buffer.alloc(0)))],
    ['bytes after the list', madeHello(extension(0, Buffer.from([0, 4, 0, 0, 1, 97, 0])))],
    ['a name of another kind', madeHello(extension(0, Buffer.from([0, 4, 1, 0, 1, 97])))],
    ['an alert first', Buffer.concat([Buffer.from([0x15, 3, 1, 0, 2, 1, 90]), good])],
    ['a change of ciphers first', Buffer.concat([Buffer.from([0x14, 3, 3, 0, 1, 1]), good])],
    ['an empty record first', Buffer.concat([Buffer.from([0x16, 3, 1, 0, 0]), good])],
    ['another major version', changed(1, 4)],
    ['another handshake message', changed(5, 2)],
    ['a body that is too long', changed(8, (good[8] ?? 0) - 1)],
    ['a record that is too long', Buffer.from([0x16, 3, 1, 0x40, 1])],
    ['a size without end', Buffer.from([0x16, 3, 1, 1, 0, 1, 0xff, 0xff, 0xff])],
    ['more records than anybody makes', inRecords(madeHello(sni('name.test'), extension(21, Buffer.alloc(300))), 1)],
  ])('%s', (_title, bytes) => {
    expect(readClientHello(bytes).state).toBe('malformed');
  });

  it('an encrypted greeting is told', () => {
    expect(readClientHello(madeHello(sni('name.test'), ECH))).toEqual({
      state: 'read',
      serverName: 'name.test',
      encrypted: true,
    });
  });

  it('the name is taken as it is', () => {
    for (const name of ['NAME.test', 'name.test.', 'name.test\0.evil.test', '127.0.0.1']) {
      expect(readClientHello(madeHello(sni(name)))).toMatchObject({ serverName: name });
    }
    expect(MAX_HELLO).toBeLessThan(70_000);
  });
});
