import { bindAddress } from '../../../../src/checks/auth/bind-address.ts';
import {
  aConfiguration,
  aHostNamespace,
  aTarget,
  connected,
  notRun,
  refused,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { facts, http, own, PORT, published, session } from './endpoints.ts';

const at = (host: string, target: Result) => own('own-address', target, { kind: 'tcp', host, subject: `${host}:${PORT}` });
const alive = own('own-session', session);
const LAN = '198.51.100.1';
const proxied = aTarget({ endpoint: { address: '127.0.0.1', port: PORT } });
const listening = (address: string) => aHostNamespace({ listeners: [{ address, port: PORT, family: 4 }] });

runCases(bindAddress, {
  valid: [
    { name: 'on the loopback alone', input: { facts: facts([alive, at(LAN, refused())]) }, verdicts: [`pass port ${PORT}`] },
    {
      name: 'on the loopback, and asks for a token',
      input: { facts: facts([own('own-session', http(401)), at(LAN, refused())]) },
      verdicts: [`pass port ${PORT}`],
    },
    {
      name: 'on one address alone',
      input: { facts: facts([own('own-session', session, { host: LAN }), at('172.17.0.1', refused())], published(LAN)) },
      verdicts: [`pass port ${PORT}`],
    },
    {
      name: 'of a platform, on the loopback alone',
      input: {
        facts: { ...facts([alive, at(LAN, refused())], aConfiguration()), hostNamespace: listening('127.0.0.1') },
        target: proxied,
      },
      verdicts: [`pass port ${PORT}`],
    },
    { name: 'not offered', input: { facts: facts([], aConfiguration()) }, verdicts: ['not-applicable endpoint'] },
  ],
  invalid: [
    {
      name: 'on all addresses',
      input: { facts: facts([alive, at(LAN, connected())], published('0.0.0.0', '::')) },
      verdicts: [`fail port ${PORT}`],
      says: /offered on all interfaces of the host, and it answers there at 198\.51\.100\.1/,
    },
    {
      name: 'on all addresses, with nobody behind it now',
      input: { facts: facts([], published('0.0.0.0')) },
      verdicts: [`fail port ${PORT}`],
    },
    { name: 'on those of IPv6', input: { facts: facts([alive], published('127.0.0.1', '::')) }, verdicts: [`fail port ${PORT}`] },
    {
      name: 'said to be on the loopback, and answers elsewhere',
      input: { facts: facts([alive, at(LAN, connected())]) },
      verdicts: [`fail port ${PORT}`],
      says: /said to be bound to 127\.0\.0\.1, and answers at 198\.51\.100\.1 too/,
    },
    {
      name: 'of a platform whose process listens on all addresses',
      input: { facts: { ...facts([alive], aConfiguration()), hostNamespace: listening('0.0.0.0') }, target: proxied },
      verdicts: [`fail port ${PORT}`],
      shows: [/listening on the host: 0\.0\.0\.0:3101/],
    },
  ],
  undecided: [
    {
      name: 'nobody answers at all',
      input: { facts: facts([own('own-session', timeout()), at(LAN, refused())]) },
      verdicts: [`inconclusive port ${PORT}`],
    },
    { name: 'no other address is known', input: { facts: facts([alive]) }, verdicts: [`inconclusive port ${PORT}`] },
    {
      name: 'the others were not tried',
      input: { facts: facts([alive, at(LAN, notRun())]) },
      verdicts: [`inconclusive port ${PORT}`],
    },
    { name: 'nothing was tried', input: { facts: facts([]) }, verdicts: [`inconclusive port ${PORT}`] },
  ],
});
