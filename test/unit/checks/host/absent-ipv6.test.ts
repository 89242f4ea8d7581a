import { describe, expect, it } from 'vitest';
import { hostCanary } from '../../../../src/checks/host/host-canary.ts';
import { aNamespace, aPair, answered, judge, summaryOf, unreachable } from '../../../support/observations.ts';

const pair = (target = unreachable()) =>
  aPair({
    spec: { purpose: 'host-canary', host: 'fd00::1', subject: 'fd00::1', family: 6, nonce: 'n0nce', controls: ['host'] },
    target,
    controls: [answered()],
  });
const interfaces = [{ name: 'eth0', address: '172.18.0.2', family: 4, scope: 'global' } as const];
const without = aNamespace({ interfaces, defaultRoute6: false });
const withIt = aNamespace({ interfaces: [...interfaces, { name: 'eth0', address: 'fd00::2', family: 6, scope: 'global' }] });

describe('an IPv6 address of the host', () => {
  it('does not apply to a target without IPv6: nothing held it back', () => {
    expect(summaryOf(judge(hostCanary, { facts: { host: { attempts: [pair()] }, namespace: without } }))).toEqual([
      'not-applicable fd00::1',
    ]);
  });
  it('is judged where there is IPv6 inside', () => {
    expect(summaryOf(judge(hostCanary, { facts: { host: { attempts: [pair()] }, namespace: withIt } }))).toEqual([
      'pass fd00::1',
    ]);
  });
  it('is reached when it is reached, whatever the namespace says', () => {
    expect(summaryOf(judge(hostCanary, { facts: { host: { attempts: [pair(answered())] }, namespace: without } }))).toEqual([
      'fail fd00::1',
    ]);
  });
});
