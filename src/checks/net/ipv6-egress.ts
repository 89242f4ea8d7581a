import { defineCheck } from '../../model/check.ts';
import { reachOf } from '../support/decide.ts';
import { isPermitted, judgeUndeclared } from '../support/egress.ts';
import { ipv6Absent, namespaceEvidence } from '../support/namespace.ts';

export const ipv6Egress = defineCheck({
  meta: {
    id: 'NET-013',
    slug: 'ipv6-egress',
    area: 'NET',
    severity: 'high',
    title: 'No undeclared destination is reached over IPv6',
    failureTitle: 'An undeclared destination is reached over IPv6',
    description:
      'IPv4 and IPv6 have rules and routes of their own. A filter that was written for IPv4 leaves IPv6 open, and programs prefer IPv6 where they find it. An attempt that fails because nobody has IPv6 says nothing.',
    remediation:
      'Create the network without `--ipv6`, or make it internal (`docker network create --internal --ipv6`) and verify it: Docker before 27.0 installs no IPv6 rules unless `ip6tables` is switched on in daemon.json. To be rid of IPv6 altogether run with `--sysctl net.ipv6.conf.all.disable_ipv6=1`. On Docker Engine 28 or newer add `-o com.docker.network.bridge.gateway_mode_ipv6=isolated`.',
    references: [],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['namespace', 'egress'],
  evaluate({ facts: { namespace, egress }, policy, target }) {
    const subject = 'undeclared destinations over IPv6';
    const pairs = egress.attempts.filter(
      ({ spec }) => spec.purpose === 'internet' && spec.path === 'direct' && spec.family === 6,
    );
    // What was reached counts first: an address list that was read wrongly must not hide it.
    const reached = pairs.some((pair) => !isPermitted(policy, pair.spec) && reachOf(pair).state === 'reached');
    if (policy.restricts && !reached && ipv6Absent(namespace)) {
      const message = 'IPv6 is absent inside: no address but loopback, no default route.';
      return [{ status: 'not-applicable', subject, message, evidence: namespaceEvidence(namespace) }];
    }
    return judgeUndeclared({ subject, way: 'over IPv6', pairs, policy, target });
  },
});
