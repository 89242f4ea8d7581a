import { defineCheck } from '../../model/check.ts';
import { reproduceInspect } from '../support/evidence.ts';
import { namespaceEvidence, onlyLoopback } from '../support/namespace.ts';

export const hostAliases = defineCheck({
  meta: {
    id: 'HOST-006',
    slug: 'host-aliases',
    area: 'HOST',
    severity: 'info',
    title: 'No name of the host resolves inside',
    failureTitle: 'A name of the host resolves inside',
    description:
      'Engines give their host a name in every container (`host.docker.internal` and its kin). The name is no breach by itself; it shows where a route to the host is meant to be.',
    remediation: 'Remove `--add-host …:host-gateway` where it is not needed; HOST-001 says whether the address answers.',
    references: [],
    framework: ['The host.docker.internal problem'],
    since: '0.1.0',
  },
  requires: ['namespace'],
  evaluate({ facts: { namespace }, target }) {
    const aliases = namespace.aliases.filter(({ addresses }) => addresses.length > 0);
    if (aliases.length === 0) {
      return [
        {
          status: 'pass',
          subject: 'names of the host',
          message: 'None of the names that engines give their host resolves inside.',
        },
      ];
    }
    if (onlyLoopback(namespace)) {
      // Podman writes them into every container, whatever its network.
      const message = `In the hosts file: ${aliases.map(({ name }) => name).join(', ')}; but no interface leads anywhere.`;
      return [{ status: 'not-applicable', subject: 'names of the host', message, evidence: namespaceEvidence(namespace) }];
    }
    return aliases.map(({ name, addresses }) => ({
      status: 'fail',
      subject: name,
      message: `${name} resolves to ${addresses.join(', ')}.`,
      expected: 'does not resolve',
      actual: addresses.join(', '),
      evidence: [`${name}: ${addresses.join(' ')}`],
      reproduce: reproduceInspect(target, '{{.HostConfig.ExtraHosts}}'),
    }));
  },
});
