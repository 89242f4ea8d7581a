import packet from 'dns-packet';
import fc from 'fast-check';
import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import { expect, it } from 'vitest';
import { NameResolver } from '../../../gateway-image/src/resolve.ts';
import { LOOPBACK } from './fixtures.ts';

const NAMES = 200;

it('a resolver that answers with anything at all gives addresses or errors, and both in time', { timeout: 60_000 }, async () => {
  const change = fc.tuple(fc.nat(400), fc.nat(255), fc.constantFrom('set', 'cut', 'insert'));
  const changes = fc.sample(fc.array(change, { maxLength: 4 }), NAMES);
  const ttls = [0, 60, 0x7fffffff, 0x80000000, 0xffffffff];
  const socket = createSocket('udp4');
  let answered = 0;
  socket.on('message', (message, peer) => {
    const { id = 0, questions = [] } = packet.decode(message);
    const [question] = questions;
    if (question === undefined) return;
    const number = Number(/^n(\d+)/.exec(question.name)?.[1] ?? -1);
    const ttl = ttls[Math.abs(number) % ttls.length] ?? 0;
    const alias = { type: 'CNAME', class: 'IN', ttl, name: question.name, data: 'alias.test' } as const;
    const address = { type: 'A', class: 'IN', ttl, name: 'alias.test', data: '203.0.113.1' } as const;
    let bytes = packet.encode({ id, type: 'response', flags: packet.RECURSION_AVAILABLE, questions, answers: [alias, address] });
    for (const [at, value, how] of changes[number] ?? []) {
      const where = at % bytes.length;
      if (how === 'set') bytes[where] = value;
      else if (how === 'cut') bytes = bytes.subarray(0, where + 1);
      else bytes = Buffer.concat([bytes.subarray(0, where), Buffer.from([value]), bytes.subarray(where)]);
    }
    answered += 1;
    socket.send(bytes, peer.port, peer.address);
  });
  await new Promise<void>((resolve) => {
    socket.bind(0, LOOPBACK, resolve);
  });
  try {
    const resolver = new NameResolver([`${LOOPBACK}:${socket.address().port}`]);
    const all = await Promise.allSettled(Array.from({ length: NAMES }, (_, number) => resolver.addresses(`n${number}.test`)));
    const found = all.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
    for (const address of found) expect(isIP(address)).not.toBe(0);
    const codes = all.flatMap((each) =>
      each.status === 'rejected' ? [String((each.reason as NodeJS.ErrnoException).code)] : [],
    );
    expect(codes.length).toBeGreaterThan(0);
    for (const code of codes) expect(code).toMatch(/^E[A-Z]+$/);
    expect(answered).toBeGreaterThanOrEqual(NAMES);
    // And it is asked again, as if nothing had been.
    expect(await resolver.addresses('whole.test')).toEqual(['203.0.113.1']);
  } finally {
    socket.close();
  }
});
