import { proxyAuth } from '../../../../src/checks/auth/proxy-auth.ts';
import { aConfiguration, aTarget, notRun, outcome, refused, timeout } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { facts, http, own, published, session, URL } from './endpoints.ts';

const OTHER = { subject: 'http://127.0.0.1:9000', port: 9000 } as const;
const offered = aTarget({ endpoint: { address: '127.0.0.1', port: 3101 } });
const plain = aConfiguration();

runCases(proxyAuth, {
  valid: [
    { name: 'a token is asked for', input: { facts: facts([own('own-session', http(401))]) }, verdicts: [`pass ${URL}`] },
    { name: 'over stdio', input: { facts: facts([], plain) }, verdicts: ['not-applicable endpoint'], says: /stdin and stdout/ },
    {
      name: 'it listens nowhere',
      input: { facts: facts([], plain), target: aTarget({ transport: 'streamable-http' }) },
      verdicts: ['not-applicable endpoint'],
      says: /no address that others could dial/,
    },
    {
      name: 'nobody listens behind the port',
      input: { facts: facts([]) },
      verdicts: ['not-applicable endpoint'],
      says: /behind/,
    },
    {
      name: 'another port beside an endpoint that asks',
      input: {
        facts: facts([own('own-session', http(401)), own('own-session', http(404), OTHER)]),
        target: aTarget({ transport: 'streamable-http' }),
      },
      verdicts: [`pass ${URL}`, `not-applicable ${OTHER.subject}`],
    },
    {
      name: 'a port of who knows what',
      input: { facts: facts([own('own-session', outcome('other-protocol', { phase: 'mcp', detail: 'no HTTP answer' }))]) },
      verdicts: [`not-applicable ${URL}`],
    },
  ],
  invalid: [
    {
      name: 'a session opens',
      input: { facts: facts([own('own-session', session)]) },
      verdicts: [`fail ${URL}`],
      says: /^A session \(notes 1\.0, 3 tools\) opened without credentials at http:\/\/127\.0\.0\.1:3101\.$/,
      shows: [/from the host itself/],
      actual: 'connected',
    },
    {
      name: 'at the endpoint of a platform',
      input: { facts: facts([own('own-session', session)], plain), target: offered },
      verdicts: [`fail ${URL}`],
    },
    {
      name: 'at the own address of the container',
      input: { facts: facts([own('own-session', session)], plain) },
      verdicts: [`fail ${URL} (medium)`],
      says: /which only the host and its own networks find/,
    },
    {
      name: 'at one port of two',
      input: { facts: facts([own('own-session', http(401)), own('own-session', session, OTHER)], published('127.0.0.1')) },
      verdicts: [`pass ${URL}`, `fail ${OTHER.subject} (medium)`],
    },
  ],
  undecided: [
    {
      name: 'turned away for whatever reason',
      input: { facts: facts([own('own-session', http(403))]) },
      verdicts: [`inconclusive ${URL}`],
      says: /whether for the lack of credentials/,
    },
    { name: 'not made', input: { facts: facts([own('own-session', notRun())]) }, verdicts: [`inconclusive ${URL}`] },
    { name: 'refused', input: { facts: facts([own('own-session', refused())]) }, verdicts: [`inconclusive ${URL}`] },
    { name: 'no answer', input: { facts: facts([own('own-session', timeout())]) }, verdicts: [`inconclusive ${URL}`] },
    {
      name: 'the proxy of a platform has nothing behind it',
      input: { facts: facts([own('own-session', http(502))], plain), target: offered },
      verdicts: [`inconclusive ${URL}`],
    },
    {
      name: 'no endpoint is found though there has to be one',
      input: { facts: facts([own('own-session', http(404))]), target: aTarget({ transport: 'sse' }) },
      verdicts: [`inconclusive ${URL}`],
    },
    {
      name: 'a platform says an address that was not tried',
      input: { facts: facts([], plain), target: offered },
      verdicts: ['inconclusive endpoint'],
    },
  ],
});
