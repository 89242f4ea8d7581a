import { defineCheck } from '../../model/check.ts';
import { judgeUndeclared } from '../support/egress.ts';

export const undeclaredEgressByProxy = defineCheck({
  meta: {
    id: 'NET-005',
    slug: 'undeclared-egress-by-proxy',
    area: 'NET',
    severity: 'high',
    title: "No undeclared destination is reached through the server's proxy settings",
    failureTitle: "An undeclared destination is reached through the server's proxy settings",
    description:
      'The proxy that a server is given is its regular way out, so the policy lives there. A proxy that forwards to anything turns an internal network into an open one.',
    remediation:
      'Restrict the proxy: an allow list of the hosts and ports in `network.outbound`, everything else denied, for CONNECT as well as for plain HTTP. Give each server a proxy, or credentials on it, of its own: one list shared by several servers is the sum of them. Remove the variables (`HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`) from servers that need no network; Podman copies those of the host unless told `--http-proxy=false`.',
    references: [{ source: 'NIST SP 800-190', ids: ['4.4.2'] }],
    framework: ['Per-server network policy'],
    since: '0.1.0',
  },
  requires: ['configuration', 'egress'],
  evaluate({ facts: { configuration, egress }, policy, target }) {
    const subject = 'undeclared destinations by proxy';
    const variables = configuration.proxyVariables.filter(({ name }) => name.toLowerCase() !== 'no_proxy');
    if (variables.length === 0) return [{ status: 'not-applicable', subject, message: 'The server has no proxy settings.' }];
    // Both families: what the proxy dials does not depend on the addresses inside.
    const pairs = egress.attempts.filter(({ spec }) => spec.purpose === 'internet' && spec.path === 'proxy');
    const verdicts = judgeUndeclared({ subject, way: 'through its proxy settings', pairs, policy, target });
    const settings = variables.map(({ name, value }) => `${name}=${value}`);
    return verdicts.map((verdict) => ({ ...verdict, evidence: [...settings, ...(verdict.evidence ?? [])] }));
  },
});
