import { defineCheck } from '../../model/check.ts';
import { judgeCanaries } from '../support/host.ts';

export const hostLoopback = defineCheck({
  meta: {
    id: 'HOST-002',
    slug: 'host-loopback',
    area: 'HOST',
    severity: 'critical',
    title: "No listener on the host's loopback is reached",
    failureTitle: "A listener on the host's loopback is reached",
    description:
      'What listens on 127.0.0.1 trusts that only the local user connects, and mostly asks for no password. Shared network namespaces and the address mappings of desktop and rootless engines break that trust.',
    remediation:
      'Do not use `--network host`. On rootless engines leave the mapping of the host loopback off (`--map-host-loopback`, `allow_host_loopback`); on desktop engines give the server no network.',
    references: [],
    framework: ['Host reachability'],
    since: '0.1.0',
  },
  requires: ['host'],
  evaluate({ facts: { host }, target, declaration }) {
    return judgeCanaries({
      what: "A listener on the host's loopback",
      none: 'loopback of the host',
      pairs: host.attempts.filter(({ spec }) => spec.purpose === 'host-loopback'),
      target,
      declaration,
    });
  },
});
