import packet from 'dns-packet';
import dgram from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { payloadFor } from '../../../probe-image/src/datagram.ts';
import { LOOPBACK, make } from './fixtures.ts';

interface Peer extends AsyncDisposable {
  readonly port: number;
  readonly heard: Buffer[];
}

async function peer(answer: (bytes: Buffer, times: number) => readonly Buffer[]): Promise<Peer> {
  const heard: Buffer[] = [];
  const socket = dgram.createSocket('udp4');
  socket.on('message', (bytes, from) => {
    heard.push(bytes);
    for (const reply of answer(bytes, heard.length)) socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, LOOPBACK, resolve));
  return {
    port: (socket.address() as AddressInfo).port,
    heard,
    [Symbol.asyncDispose]: async () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

describe('a UDP attempt', () => {
  it('knows an echo by its nonce', async () => {
    await using echo = await peer((bytes) => [bytes]);
    expect(await make({ kind: 'udp', port: echo.port, nonce: 'n0nce' })).toMatchObject({
      outcome: 'connected',
      nonce: 'matched',
      tries: 1,
      address: LOOPBACK,
    });
    expect(echo.heard).toEqual([Buffer.from('n0nce')]);
  });
  it('does not take other words for an echo', async () => {
    await using other = await peer(() => [Buffer.from('n0nce, or so')]);
    expect(await make({ kind: 'udp', port: other.port, nonce: 'n0nce' })).toMatchObject({
      outcome: 'connected',
      nonce: 'mismatch',
    });
  });
  it('needs no nonce', async () => {
    await using other = await peer(() => [Buffer.alloc(0)]);
    const result = await make({ kind: 'udp', port: other.port });
    expect(result).toMatchObject({ outcome: 'connected' });
    expect(result.nonce).toBeUndefined();
  });
  it('says it again at half time', async () => {
    await using deaf = await peer((bytes, times) => (times === 1 ? [] : [bytes]));
    expect(await make({ kind: 'udp', port: deaf.port, nonce: 'n' })).toMatchObject({
      outcome: 'connected',
      nonce: 'matched',
      tries: 2,
    });
  });
  it('is refused where nobody listens', async () => {
    const gone = await peer(() => []);
    await gone[Symbol.asyncDispose]();
    expect(await make({ kind: 'udp', port: gone.port })).toMatchObject({
      outcome: 'refused',
      detail: 'ECONNREFUSED',
      address: LOOPBACK,
    });
  });
  it('times out where nothing comes back', async () => {
    await using mute = await peer(() => []);
    const result = await make({ kind: 'udp', port: mute.port }, 200);
    expect(result).toMatchObject({ outcome: 'timeout', tries: 2, address: LOOPBACK });
    expect(result.elapsedMs).toBeGreaterThan(199);
    expect(mute.heard).toHaveLength(2);
  });
  it('drops what a stranger says', async () => {
    const stranger = dgram.createSocket('udp4');
    const victim = dgram.createSocket('udp4');
    victim.on('message', (_, from) => stranger.send('n0nce', from.port, from.address));
    await new Promise<void>((resolve) => victim.bind(0, LOOPBACK, resolve));
    expect(await make({ kind: 'udp', port: (victim.address() as AddressInfo).port, nonce: 'n0nce' }, 200)).toMatchObject({
      outcome: 'timeout',
    });
    stranger.close();
    victim.close();
  });
  it.each([
    ['a link-local address without its link', { host: 'fe80::1', family: 6 as const }],
    ['an address of the other family', { host: '::1', family: 4 as const }],
    ['a port that cannot be', { port: 70_000 }],
  ])('survives %s, and does not take it for a block', async (_, over) => {
    expect(await make({ kind: 'udp', port: 9, ...over }, 200)).toMatchObject({ outcome: 'probe-error' });
  });
  it('asks name servers and clocks in their own language', () => {
    expect(packet.decode(payloadFor(53, 'n'))).toMatchObject({
      type: 'query',
      flag_rd: true,
      questions: [{ type: 'NS', name: '.' }],
    });
    const time = payloadFor(123, 'n');
    expect([time.length, time[0]]).toEqual([48, 0b00_100_011]);
    expect(payloadFor(7, 'n')).toEqual(Buffer.from('n'));
    expect(payloadFor(7, undefined)).toHaveLength(16);
    expect(payloadFor(7, undefined)).not.toEqual(payloadFor(7, undefined));
  });
});
