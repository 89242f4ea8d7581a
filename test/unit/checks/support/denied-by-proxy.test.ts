import { describe, expect, it } from 'vitest';
import { reachOf } from '../../../../src/checks/support/decide.ts';
import { aPair, aSpec, connected, proxyDenied } from '../../../support/observations.ts';

const spec = aSpec({ path: 'proxy', proxy: 'http://proxy:3128', host: 'canary.test', port: 80 });
const page = (body: string, server: string) => ({ status: 403, server, body });

describe('a refusal that came by a proxy', () => {
  it('is the destination speaking when the control hears the same: it was reached', () => {
    const pair = aPair({
      spec,
      target: proxyDenied({ detail: 'HTTP 403', peer: page('a'.repeat(64), 'origin') }),
      controls: [connected({ peer: page('a'.repeat(64), 'origin') })],
    });
    expect(reachOf(pair).state).toBe('reached');
  });
  it('is the proxy speaking when the control hears something else', () => {
    const pair = aPair({
      spec,
      target: proxyDenied({ detail: 'HTTP 403', peer: page('b'.repeat(64), 'squid') }),
      controls: [connected({ peer: { status: 200, server: 'origin', body: 'a'.repeat(64) } })],
    });
    expect(reachOf(pair).state).toBe('elsewhere');
  });
});
