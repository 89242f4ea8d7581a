import { defineCheck } from '../../model/check.ts';
import { judgeUndeclared } from '../support/egress.ts';

export const privateRanges = defineCheck({
  meta: {
    id: 'NET-015',
    slug: 'private-ranges',
    area: 'NET',
    severity: 'high',
    title: 'No undeclared private destination is reached',
    failureTitle: 'An undeclared private destination is reached',
    description:
      'What stands in the networks around the engine trusts its neighbours: databases, printers, administration. A container on an ordinary bridge reaches all that its host reaches there, and a proxy that lets any public host pass may be talked into a private address by another spelling of it. Only destinations that are named with `--private` are tried; nothing is searched for.',
    remediation:
      'Drop 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10 and fc00::/7 in the chain DOCKER-USER (or the equivalent of your firewall) for all that is not declared, or take the route away with `docker network create --internal`. Let the proxy judge the address that it dials, after resolving, and not only the text that it was asked for.',
    references: [{ source: 'MITRE ATT&CK', ids: ['T1046'] }],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['egress'],
  uses: ['namespace'],
  evaluate({ facts: { egress, namespace }, policy, target }) {
    const subject = 'private destinations';
    const pairs = egress.attempts.filter(({ spec }) => spec.purpose === 'private');
    if (pairs.length === 0) {
      const message = 'No undeclared private destination was named (`--private HOST:PORT`); none is searched for.';
      return [{ status: 'not-applicable', subject, message }];
    }
    return judgeUndeclared({ subject, way: 'from inside', pairs, policy, target, namespace });
  },
});
