import { ipv6Egress } from '../../../../src/checks/net/ipv6-egress.ts';
import type { PairedAttempt } from '../../../../src/model/attempt.ts';
import type { NamespaceFacts } from '../../../../src/model/observation.ts';
import { aNamespace, anInterface, aPair, aPolicy, connected, timeout, unreachable } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const S = '[2001:db8::10]:443';
const spec = { host: '2001:db8::10' } as const;
const leak = aPair({ spec, target: connected() });
const block = aPair({ spec, target: unreachable() });
const withIpv6 = aNamespace({
  interfaces: [anInterface(), anInterface({ address: '2001:db8:1::2', family: 6 })],
  defaultRoute6: true,
});
const linkLocal = aNamespace({ interfaces: [anInterface({ address: 'fe80::1', family: 6, scope: 'link' })] });
const routeOnly = aNamespace({ interfaces: [anInterface({ address: '::1', family: 6 })], defaultRoute6: true });
const facts = (namespace: NamespaceFacts, ...attempts: readonly PairedAttempt[]) => ({
  namespace,
  egress: { attempts: [...attempts] },
});

runCases(ipv6Egress, {
  valid: [
    {
      name: 'blocked beside a control',
      input: { facts: facts(withIpv6, block) },
      verdicts: [`pass ${S}`],
      says: /not reached over IPv6/,
    },
    {
      name: 'absent inside',
      input: { facts: facts(aNamespace(), aPair({ spec, target: unreachable(), controls: [unreachable()] })) },
      verdicts: ['not-applicable undeclared destinations over IPv6'],
      says: /IPv6 is absent inside/,
      shows: [/interface lo: ::1 \(host\)/, /default routes: none/],
    },
    {
      name: 'absent inside and not tried',
      input: { facts: facts(aNamespace({ defaultRoute4: true })) },
      verdicts: ['not-applicable undeclared destinations over IPv6'],
      shows: [/default routes: IPv4/],
    },
    {
      name: 'everything is declared',
      input: { policy: aPolicy({ permits: 'all' }), facts: facts(withIpv6, leak) },
      verdicts: ['not-applicable undeclared destinations over IPv6'],
      says: /restricts nothing/,
    },
    {
      name: 'every canary is declared',
      input: { policy: aPolicy({ permits: [S] }), facts: facts(withIpv6, leak) },
      verdicts: ['not-applicable undeclared destinations over IPv6'],
    },
    {
      name: 'every canary is declared, and IPv6 seems absent',
      input: { policy: aPolicy({ permits: [S] }), facts: facts(aNamespace(), leak) },
      verdicts: ['not-applicable undeclared destinations over IPv6'],
    },
  ],
  invalid: [
    {
      name: 'reached',
      input: { facts: facts(withIpv6, leak) },
      verdicts: [`fail ${S}`],
      says: /reached over IPv6/,
      reproduce: 'docker run --rm --network container:weather busybox nc -w 2 2001:db8::10 443',
    },
    { name: 'reached, though it seemed absent', input: { facts: facts(aNamespace(), leak) }, verdicts: [`fail ${S}`] },
    {
      name: 'one endpoint of two',
      input: { facts: facts(withIpv6, block, aPair({ spec: { ...spec, port: 80 }, target: connected() })) },
      verdicts: [`pass ${S}`, 'fail [2001:db8::10]:80'],
    },
  ],
  undecided: [
    {
      name: 'inside and not tried',
      input: { facts: facts(withIpv6) },
      verdicts: ['inconclusive undeclared destinations over IPv6'],
      says: /No canary was tried over IPv6/,
    },
    {
      name: 'a link-local address is IPv6',
      input: { facts: facts(linkLocal) },
      verdicts: ['inconclusive undeclared destinations over IPv6'],
    },
    {
      name: 'a default route is IPv6',
      input: { facts: facts(routeOnly) },
      verdicts: ['inconclusive undeclared destinations over IPv6'],
    },
    { name: 'no control', input: { facts: facts(withIpv6, aPair({ spec, controls: [] })) }, verdicts: [`inconclusive ${S}`] },
    {
      name: 'the control failed: nobody has IPv6',
      input: { facts: facts(withIpv6, aPair({ spec, controls: [timeout()] })) },
      verdicts: [`inconclusive ${S}`],
    },
    {
      name: 'IPv4 and the proxy show nothing',
      input: {
        facts: facts(
          withIpv6,
          aPair({ target: connected() }),
          aPair({ spec: { ...spec, path: 'proxy' }, target: connected() }),
          aPair({ spec: { ...spec, purpose: 'declared' } }),
        ),
      },
      verdicts: ['inconclusive undeclared destinations over IPv6'],
    },
  ],
});
