import { defineCheck } from '../../model/check.ts';
import { judgeUndeclared } from '../support/egress.ts';

export const undeclaredEgress = defineCheck({
  meta: {
    id: 'NET-004',
    slug: 'undeclared-egress',
    area: 'NET',
    severity: 'high',
    title: 'No undeclared destination is reached directly',
    failureTitle: 'An undeclared destination is reached directly',
    description:
      'A direct connection ignores proxy variables, as any program may. If one to an undeclared destination succeeds, whatever the server reads can leave, and the profile is documentation only.',
    remediation:
      'Take the route away rather than asking programs to behave: attach the server to networks made with `docker network create --internal` only (Docker Engine 28 or newer: with `-o com.docker.network.bridge.gateway_mode_ipv4=isolated`), or run it with `--network none`, and let declared destinations pass through a filtering proxy on that network. If the destination is needed, declare it in `network.outbound.allow_host` and `allow_port`.',
    references: [{ source: 'NIST SP 800-190', ids: ['3.4.2', '4.4.2'] }],
    framework: ['Per-server network policy', 'Test methodology'],
    since: '0.1.0',
  },
  requires: ['egress'],
  evaluate({ facts: { egress }, policy, target }) {
    // IPv6 is NET-013's, the proxy NET-005's, the ports of declared hosts NET-007's.
    const pairs = egress.attempts.filter(
      ({ spec }) => spec.purpose === 'internet' && spec.path === 'direct' && spec.family === 4,
    );
    return judgeUndeclared({ subject: 'undeclared destinations', way: 'directly', pairs, policy, target });
  },
});
