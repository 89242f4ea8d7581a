import packet from 'dns-packet';
import { createSocket } from 'node:dgram';
import { describe, expect, it } from 'vitest';
import { NameResolver } from '../../../gateway-image/src/resolve.ts';
import { LOOPBACK } from './fixtures.ts';

interface Zone {
  readonly [name: string]: { readonly A?: readonly string[]; readonly AAAA?: readonly string[]; readonly ttl: number };
}

/** A name server on loopback that counts what it is asked. */
async function nameServer(zone: Zone) {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  socket.on('message', (message, peer) => {
    const { id = 0, questions = [] } = packet.decode(message);
    const [question] = questions;
    if (question === undefined) return;
    asked.push(`${question.type} ${question.name}`);
    const known = zone[question.name];
    const data = question.type === 'A' ? (known?.A ?? []) : (known?.AAAA ?? []);
    const answer = packet.encode({
      id,
      type: 'response',
      flags: packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | (known === undefined ? 3 : 0),
      questions,
      answers: data.map((each) => ({
        type: question.type as 'A',
        name: question.name,
        ttl: known?.ttl ?? 0,
        class: 'IN',
        data: each,
      })),
    });
    socket.send(answer, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, LOOPBACK, resolve);
  });
  return {
    asked,
    resolver: new NameResolver([`${LOOPBACK}:${socket.address().port}`]),
    [Symbol.dispose]: () => void socket.close(),
  };
}

const ZONE: Zone = {
  'both.test': { A: ['203.0.113.1', '203.0.113.2'], AAAA: ['2001:db8::1'], ttl: 60 },
  'six.test': { AAAA: ['2001:db8::6'], ttl: 60 },
  'brief.test': { A: ['203.0.113.3'], ttl: 0 },
  'empty.test': { ttl: 60 },
};

describe('names', () => {
  it('mean their IPv4 addresses, or the IPv6 ones where there are no others', async () => {
    using server = await nameServer(ZONE);
    expect((await server.resolver.addresses('both.test')).toSorted()).toEqual(['203.0.113.1', '203.0.113.2']);
    expect(await server.resolver.addresses('six.test')).toEqual(['2001:db8::6']);
  });

  it('that do not exist, or have no address, are errors and not remembered', async () => {
    using server = await nameServer(ZONE);
    await expect(server.resolver.addresses('missing.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(server.resolver.addresses('empty.test')).rejects.toMatchObject({ code: 'ENODATA' });
    const before = server.asked.length;
    await expect(server.resolver.addresses('missing.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(server.asked.length).toBeGreaterThan(before);
  });

  it('are asked for once, also by many at the same time, as long as the answer says', async () => {
    using server = await nameServer(ZONE);
    await Promise.all(Array.from({ length: 50 }, () => server.resolver.addresses('both.test')));
    await server.resolver.addresses('both.test');
    expect(server.asked).toEqual(['A both.test']);
    await server.resolver.addresses('brief.test');
    await server.resolver.addresses('brief.test');
    expect(server.asked.filter((each) => each === 'A brief.test')).toHaveLength(2);
  });

  it('without end are refused, and those that were asked for are answered', async () => {
    using server = await nameServer(ZONE);
    const all = await Promise.allSettled(
      Array.from({ length: 300 }, (_, number) => server.resolver.addresses(`x${number}.test`)),
    );
    const codes = all.map((each) => (each.status === 'rejected' ? (each.reason as NodeJS.ErrnoException).code : 'none'));
    expect(codes.filter((code) => code === 'EBUSY')).toHaveLength(300 - 256);
    expect(codes.filter((code) => code === 'ENOTFOUND')).toHaveLength(256);
    expect(await server.resolver.addresses('six.test')).toEqual(['2001:db8::6']);
  });
});
