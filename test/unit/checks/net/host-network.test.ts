import { hostNetwork } from '../../../../src/checks/net/host-network.ts';
import { aConfiguration, aDeclaration, aHostNamespace, aNamespace, anId } from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const HOST = '4026531840';
const facts = (networkMode: string, inode: string, hostInode = HOST) => ({
  configuration: aConfiguration({ networkMode }),
  namespace: aNamespace({ inode }),
  hostNamespace: aHostNamespace({ inode: hostInode }),
});
const declared = aDeclaration({ network: { mode: 'host' } });

runCases(hostNetwork, {
  valid: [
    {
      name: 'a namespace of its own',
      input: { facts: facts('bridge', '4026532001') },
      verdicts: ['pass network namespace'],
      says: /4026532001, the host in 4026531840/,
      shows: [/network mode: bridge/],
      actual: 'namespace 4026532001',
      reproduce: "docker inspect --format '{{.HostConfig.NetworkMode}}' weather",
    },
    {
      name: 'the namespace of another container',
      input: { facts: facts(`container:${anId('f')}`, '4026532001') },
      verdicts: ['pass network namespace'],
    },
    {
      name: 'the host network is declared',
      input: { facts: facts('host', HOST), declaration: declared },
      verdicts: ['not-applicable network namespace'],
    },
    {
      name: 'the host network is declared, and reached through another container',
      input: { facts: facts(`container:${anId('f')}`, HOST), declaration: declared },
      verdicts: ['not-applicable network namespace'],
    },
    {
      name: 'the host network is declared and not used',
      input: { facts: facts('bridge', '4026532001'), declaration: declared },
      verdicts: ['pass network namespace'],
    },
  ],
  invalid: [
    {
      name: 'mode host',
      input: { facts: facts('host', HOST) },
      verdicts: ['fail network namespace'],
      says: /^The server is in the host's network namespace \(4026531840\)\.$/,
    },
    {
      name: 'the same namespace through another container',
      input: { facts: facts(`container:${anId('f')}`, HOST) },
      verdicts: ['fail network namespace'],
      says: /disagree/,
    },
    {
      name: 'the same namespace, although the mode says bridge',
      input: { facts: facts('bridge', HOST) },
      verdicts: ['fail network namespace'],
      says: /its network mode is bridge: configuration and observation disagree/,
      actual: "the host's namespace",
    },
    {
      name: 'mode host, although another namespace was seen',
      input: { facts: facts('host', '4026532001') },
      verdicts: ['fail network namespace'],
      says: /disagree/,
    },
    {
      name: 'mode host, namespace not readable',
      input: { facts: facts('host', '') },
      verdicts: ['fail network namespace'],
      says: /could not be read/,
    },
    {
      name: 'another mode is declared',
      input: { facts: facts('host', HOST), declaration: aDeclaration({ network: { mode: 'bridge' } }) },
      verdicts: ['fail network namespace'],
    },
  ],
  undecided: [
    {
      name: 'two empty inodes are not equal',
      input: { facts: facts('bridge', '', '') },
      verdicts: ['inconclusive network namespace'],
    },
    {
      name: 'garbage inodes are not different',
      input: { facts: facts('bridge', 'net:[?]', '0') },
      verdicts: ['inconclusive network namespace'],
    },
    {
      name: "the host's is missing",
      input: { facts: facts('bridge', '4026532001', '') },
      verdicts: ['inconclusive network namespace'],
    },
  ],
});
