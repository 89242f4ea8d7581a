import { describe, expect, it } from 'vitest';
import { Resolver } from '../../../probe-image/src/resolver.ts';
import { LOOPBACK, make, tcpServer } from './fixtures.ts';

/** Nobody listens on port 1 (RFC 1078). */
const DEAD = { host: 'canary.test', port: 1 };

describe('a name that /etc/hosts leads somewhere', () => {
  const resolver = new Resolver([], [{ address: LOOPBACK, name: 'canary.test' }]);

  it('is not called refused when the address there is dead', async () => {
    const result = await make(DEAD, 1000, resolver);
    expect(result).toMatchObject({ outcome: 'probe-error', detail: expect.stringContaining('/etc/hosts') });
  });
  it('is refused when it is the address itself that is dialled, or the name of a peer', async () => {
    expect(await make({ ...DEAD, host: LOOPBACK }, 1000, resolver)).toMatchObject({ outcome: 'refused' });
    expect(await make({ ...DEAD, purpose: 'peer-canary' }, 1000, resolver)).toMatchObject({ outcome: 'refused' });
  });
  it('counts as reached when somebody answers there', async () => {
    await using server = await tcpServer((socket) => socket.end('n0nce\n'));
    expect(await make({ host: 'canary.test', port: server.port, nonce: 'n0nce' }, 1000, resolver)).toMatchObject({
      outcome: 'connected',
      nonce: 'matched',
    });
  });
});
