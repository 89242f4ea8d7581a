import { defineCheck } from '../../model/check.ts';
import { judgeUndeclared } from '../support/egress.ts';

export const udpEgress = defineCheck({
  meta: {
    id: 'NET-012',
    slug: 'udp-egress',
    area: 'NET',
    severity: 'high',
    title: 'No undeclared peer answers by UDP',
    failureTitle: 'An undeclared peer answers by UDP',
    description:
      'Proxies and many rule sets speak of TCP alone. Whatever the profile says, a datagram that is answered is a way out, and QUIC carries ordinary web traffic over it.',
    remediation:
      'Close the route and not only TCP: attach the server to networks made with `docker network create --internal` only, or run it with `--network none`. Where a firewall filters, write its last rule as a drop of every protocol. The profile format cannot allow single UDP peers; only `insecure_allow_all` allows UDP.',
    references: [],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['udp'],
  uses: ['namespace', 'dns'],
  evaluate({ facts: { udp, dns, namespace }, policy, target }) {
    const subject = 'undeclared peers by UDP';
    const pairs = udp.attempts.filter(({ spec }) => spec.purpose === 'udp');
    const resolvers = (dns?.attempts ?? []).some(({ spec }) => spec.purpose === 'direct-dns' && spec.resolver?.tcp === false);
    if (policy.restricts && pairs.length === 0 && resolvers) {
      const message =
        'The only peers that were named for UDP are resolvers, which NET-011 judges; `--internet HOST:PORT/udp` names others.';
      return [{ status: 'not-applicable', subject, message }];
    }
    return judgeUndeclared({ subject, way: 'by UDP', pairs, policy, target, namespace });
  },
});
