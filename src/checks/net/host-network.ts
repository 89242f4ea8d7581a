import { defineCheck } from '../../model/check.ts';
import { reproduceInspect } from '../support/evidence.ts';

export const hostNetwork = defineCheck({
  meta: {
    id: 'NET-016',
    slug: 'host-network',
    area: 'NET',
    severity: 'critical',
    title: 'The server has a network namespace of its own',
    failureTitle: "The server shares the host's network namespace",
    description:
      "In the host's network namespace there is no network isolation at all: the server reaches every service on the host's loopback, sees its interfaces, can take its ports and uses its abstract sockets.",
    remediation:
      'Remove `--network host` (`network_mode: host`) and attach the server to a network made with `docker network create --internal`, or to none (`--network none`) where it speaks stdio. Publish the port it serves with `-p 127.0.0.1:PORT:PORT`. With `--network container:NAME` correct the container that is joined.',
    references: [{ source: 'CIS Docker Benchmark 1.6.0', ids: ['5.10'] }],
    framework: ['Default network posture'],
    since: '0.1.0',
  },
  requires: ['configuration', 'namespace', 'hostNamespace'],
  evaluate({ facts: { configuration, namespace, hostNamespace }, declaration, target }) {
    const mode = configuration.networkMode;
    const configured = mode === 'host';
    const readable = [namespace.inode, hostNamespace.inode].every((inode) => /^[1-9]\d*$/.test(inode));
    const shared = readable && namespace.inode === hostNamespace.inode;
    const facts = {
      subject: 'network namespace',
      expected: 'a namespace of its own',
      actual: configured || shared ? "the host's namespace" : `namespace ${namespace.inode}`,
      evidence: [
        `network mode: ${mode}`,
        `network namespace of the server: ${namespace.inode}`,
        `network namespace of the host: ${hostNamespace.inode}`,
      ],
      reproduce: reproduceInspect(target, '{{.HostConfig.NetworkMode}}'),
    } as const;
    if ((configured || shared) && declaration.profile.network?.mode === 'host') {
      return [{ ...facts, status: 'not-applicable', message: 'The profile itself declares the network mode host.' }];
    }
    if (shared) {
      const how = configured ? '' : ` although its network mode is ${mode}: configuration and observation disagree`;
      return [{ ...facts, status: 'fail', message: `The server is in the host's network namespace (${namespace.inode})${how}.` }];
    }
    if (configured) {
      const doubt = readable
        ? 'although another namespace was observed: configuration and observation disagree'
        : 'and its namespace could not be read';
      return [{ ...facts, status: 'fail', message: `The network mode is host, ${doubt}.` }];
    }
    return readable
      ? [
          {
            ...facts,
            status: 'pass',
            message: `The server is in network namespace ${namespace.inode}, the host in ${hostNamespace.inode}.`,
          },
        ]
      : [{ ...facts, status: 'inconclusive', message: 'A namespace could not be read, so the two cannot be compared.' }];
  },
});
