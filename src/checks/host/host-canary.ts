import { defineCheck } from '../../model/check.ts';
import { judgeCanaries } from '../support/host.ts';

export const hostCanary = defineCheck({
  meta: {
    id: 'HOST-001',
    slug: 'host-canary',
    area: 'HOST',
    severity: 'high',
    title: 'No listener on the host is reached',
    failureTitle: 'A listener on the host is reached',
    description:
      'A container network that is closed to the internet is usually open to the host: filters act on what is forwarded, and the host is where packets end. Databases, management APIs and development servers that listen on all addresses are then open to the server.',
    remediation:
      'Give the server no network (`--network none`), or a network on which the host has no address: on Docker Engine 28 or newer `docker network create --internal -o com.docker.network.bridge.gateway_mode_ipv4=isolated`, before that `--internal -o com.docker.network.bridge.inhibit_ipv4=true`, on Podman `podman network create --internal --disable-dns`. Or drop what comes from the bridge in the INPUT chain of the host firewall; DOCKER-USER does not see it.',
    references: [{ source: 'NIST SP 800-190', ids: ['3.4.2'] }],
    framework: ['Host reachability', 'The host test'],
    since: '0.1.0',
  },
  requires: ['host'],
  uses: ['hostNamespace', 'namespace'],
  evaluate({ facts: { host, hostNamespace, namespace }, target, declaration, policy }) {
    return judgeCanaries({
      what: 'A listener on the host',
      none: 'addresses of the host',
      pairs: host.attempts.filter(({ spec }) => spec.purpose === 'host-canary'),
      target,
      declaration,
      view: { hostNamespace, namespace },
      // "Any host" in a profile is about the internet; that it includes this one is worth knowing, and less of a breach.
      severity: policy.restricts ? undefined : 'medium',
    });
  },
});
