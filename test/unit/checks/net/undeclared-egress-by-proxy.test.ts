import { undeclaredEgressByProxy } from '../../../../src/checks/net/undeclared-egress-by-proxy.ts';
import type { AttemptSpec, PairedAttempt } from '../../../../src/model/attempt.ts';
import {
  aConfiguration,
  aPair,
  aPolicy,
  connected,
  notRun,
  outcome,
  proxyDenied,
  timeout,
  type Result,
} from '../../../support/observations.ts';
import { runCases } from './cases.ts';

const proxied = aConfiguration({ proxyVariables: [{ name: 'HTTPS_PROXY', value: 'http://egress:3128' }] });
const facts = (...attempts: readonly PairedAttempt[]) => ({ configuration: proxied, egress: { attempts: [...attempts] } });
const byProxy = (target: Result, controls?: readonly Result[], spec: Partial<AttemptSpec> = {}) =>
  aPair({ spec: { path: 'proxy', ...spec }, target, ...(controls !== undefined && { controls }) });
const A = '203.0.113.10:443';

runCases(undeclaredEgressByProxy, {
  valid: [
    {
      name: 'the proxy refused with 403, beside a control',
      input: { facts: facts(byProxy(proxyDenied())) },
      verdicts: [`pass ${A}`],
      says: /through its proxy settings: the proxy refused \(403\)/,
      shows: [/HTTPS_PROXY=http:\/\/egress:3128/, /by proxy http:\/\/egress:3128/],
      reproduce:
        'docker run --rm --network container:weather curlimages/curl -sv -m 5 --proxytunnel -x http://egress:3128 http://203.0.113.10:443/',
    },
    {
      name: 'a 403 is the word of the proxy, whatever the control says',
      input: { facts: facts(byProxy(proxyDenied(), [timeout()])) },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'the proxy gave up with 503, although the destination answers',
      input: { facts: facts(byProxy(proxyDenied({ detail: '503' }))) },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'the proxy is out of reach',
      input: { facts: facts(byProxy(outcome('proxy-unreachable'))) },
      verdicts: [`pass ${A}`],
    },
    {
      name: 'no proxy settings, whatever was reached directly',
      input: { facts: { configuration: aConfiguration(), egress: { attempts: [aPair({ target: connected() })] } } },
      verdicts: ['not-applicable undeclared destinations by proxy'],
    },
    {
      name: 'an exception alone is no proxy setting',
      input: {
        facts: {
          configuration: aConfiguration({ proxyVariables: [{ name: 'no_proxy', value: 'localhost' }] }),
          egress: { attempts: [] },
        },
      },
      verdicts: ['not-applicable undeclared destinations by proxy'],
    },
    {
      name: 'everything is declared',
      input: { facts: facts(byProxy(connected())), policy: aPolicy({ permits: 'all' }) },
      verdicts: ['not-applicable undeclared destinations by proxy'],
    },
    {
      name: 'every canary is declared',
      input: { facts: facts(byProxy(connected())), policy: aPolicy({ permits: [A] }) },
      verdicts: ['not-applicable undeclared destinations by proxy'],
    },
  ],
  invalid: [
    {
      name: 'reached',
      input: { facts: facts(byProxy(connected())) },
      verdicts: [`fail ${A}`],
      says: /was reached through its proxy settings/,
    },
    {
      name: 'reached by one proxy of two',
      input: { facts: facts(byProxy(proxyDenied()), byProxy(connected(), undefined, { proxy: 'http://other:8080' })) },
      verdicts: [`fail ${A}`],
    },
    {
      name: 'the proxy carries IPv6',
      input: { facts: facts(byProxy(connected(), undefined, { host: '2001:db8::10' })) },
      verdicts: ['fail [2001:db8::10]:443'],
      reproduce:
        "docker run --rm --network container:weather curlimages/curl -sv -m 5 --proxytunnel -x http://egress:3128 'http://[2001:db8::10]:443/'",
    },
    {
      name: 'a proxy whose name is a command is quoted',
      input: { facts: facts(byProxy(connected(), undefined, { proxy: "http://$(id)';id" })) },
      verdicts: [`fail ${A}`],
      reproduce: `docker run --rm --network container:weather curlimages/curl -sv -m 5 --proxytunnel -x 'http://$(id)'\\'';id' http://203.0.113.10:443/`,
    },
  ],
  undecided: [
    {
      name: 'nothing was tried by proxy',
      input: { facts: facts(aPair({ target: connected() })) },
      verdicts: ['inconclusive undeclared destinations by proxy'],
      says: /No canary was tried through/,
    },
    {
      name: 'the proxy is out of reach, without a control',
      input: { facts: facts(byProxy(outcome('proxy-unreachable'), [])) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'the proxy is out of reach, and the control failed',
      input: { facts: facts(byProxy(outcome('proxy-unreachable'), [timeout()])) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'the proxy gave up with 503, and so did the control',
      input: { facts: facts(byProxy(proxyDenied({ detail: 'HTTP 503' }), [timeout()])) },
      verdicts: [`inconclusive ${A}`],
      says: /gave up/,
    },
    {
      name: 'the proxy gave up, and the status stands with the peer',
      input: { facts: facts(byProxy(proxyDenied({ detail: 'denied', peer: { status: 502 } }), [])) },
      verdicts: [`inconclusive ${A}`],
    },
    {
      name: 'the proxy wants credentials',
      input: { facts: facts(byProxy(proxyDenied({ detail: '407' }))) },
      verdicts: [`inconclusive ${A}`],
      says: /credentials/,
    },
    {
      name: 'the proxy is busy',
      input: { facts: facts(byProxy(proxyDenied({ detail: '429' }), [])) },
      verdicts: [`inconclusive ${A}`],
    },
    { name: 'not made', input: { facts: facts(byProxy(notRun())) }, verdicts: [`inconclusive ${A}`] },
  ],
});
