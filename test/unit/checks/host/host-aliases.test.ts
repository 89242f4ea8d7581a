import { hostAliases } from '../../../../src/checks/host/host-aliases.ts';
import { aNamespace } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';

const facts = (...aliases: readonly (readonly [string, ...string[]])[]) => ({
  namespace: aNamespace({ aliases: aliases.map(([name, ...addresses]) => ({ name, addresses })) }),
});

runCases(hostAliases, {
  valid: [
    { name: 'none resolves', input: { facts: facts() }, verdicts: ['pass names of the host'] },
    {
      name: 'a name without an address',
      input: { facts: facts(['host.docker.internal']) },
      verdicts: ['pass names of the host'],
    },
    {
      name: 'the engine names its host where nothing leads there',
      input: {
        facts: {
          namespace: aNamespace({
            aliases: [{ name: 'host.containers.internal', addresses: ['198.51.100.1'] }],
            interfaces: [{ name: 'lo', address: '127.0.0.1/8', family: 4, scope: 'host' }],
            defaultRoute4: false,
            defaultRoute6: false,
          }),
        },
      },
      verdicts: ['not-applicable names of the host'],
    },
  ],
  invalid: [
    {
      name: 'one resolves',
      input: { facts: facts(['host.docker.internal', '172.17.0.1', 'fd00::1']) },
      verdicts: ['fail host.docker.internal'],
      says: /^host\.docker\.internal resolves to 172\.17\.0\.1, fd00::1\.$/,
      actual: '172.17.0.1, fd00::1',
    },
    {
      name: 'each is a subject',
      input: { facts: facts(['host.docker.internal', '172.17.0.1'], ['host.containers.internal', '10.0.2.2']) },
      verdicts: ['fail host.docker.internal', 'fail host.containers.internal'],
    },
  ],
  undecided: [],
});
