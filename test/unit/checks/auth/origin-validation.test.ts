import { originValidation } from '../../../../src/checks/auth/origin-validation.ts';
import { aConfiguration, notRun, outcome, probeError, timeout, type Result } from '../../../support/observations.ts';
import { runCases } from '../net/cases.ts';
import { facts, FOREIGN, http, ORIGIN, own, session, URL } from './endpoints.ts';

const attempts = (baseline: Result, origin: Result, host: Result) => [
  own('own-session', baseline),
  own('own-origin', origin, ORIGIN),
  own('own-host', host, FOREIGN),
];
const asked = (baseline: Result, origin: Result, host: Result) => ({ facts: facts(attempts(baseline, origin, host)) });
/** Each a status, with the severity behind it where it differs. */
const both = (...statuses: readonly [string, string]): readonly string[] =>
  ['Origin', 'Host'].map((what, index) => {
    const [status, severity] = (statuses[index] ?? '').split(' ');
    return `${status} ${what} at ${URL}${severity === undefined ? '' : ` ${severity}`}`;
  });

runCases(originValidation, {
  valid: [
    { name: 'both are looked at', input: asked(session, http(403), http(421)), verdicts: both('pass', 'pass') },
    { name: 'both before the token', input: asked(http(401), http(403), http(403)), verdicts: both('pass', 'pass') },
    { name: 'a bad request for a bad name', input: asked(session, http(403), http(400)), verdicts: both('pass', 'pass') },
    { name: 'over stdio', input: { facts: facts([], aConfiguration()) }, verdicts: ['not-applicable endpoint'] },
    { name: 'no MCP at all', input: asked(http(404), http(404), http(404)), verdicts: ['not-applicable endpoint'] },
  ],
  invalid: [
    {
      name: 'neither is looked at',
      input: asked(session, session, session),
      verdicts: both('fail', 'fail'),
      says: /opened at http:\/\/127\.0\.0\.1:3101 for the Origin http:\/\/foreign\.example\./,
      shows: [/Origin http:\/\/foreign\.example/, /without it: .*connected/],
    },
    { name: 'Origin alone', input: asked(session, http(403), session), verdicts: both('pass', 'fail (low)') },
    { name: 'Host alone', input: asked(session, session, http(421)), verdicts: both('fail (medium)', 'pass') },
    { name: 'though the baseline failed', input: asked(timeout(), session, timeout()), verdicts: both('fail', 'inconclusive') },
    {
      name: 'at the own address of the container',
      input: { facts: facts(attempts(session, session, session), aConfiguration()) },
      verdicts: both('fail (medium)', 'fail (medium)'),
    },
  ],
  undecided: [
    {
      name: 'the token is asked for first',
      input: asked(http(401), http(401), http(401)),
      verdicts: both('inconclusive', 'inconclusive'),
      says: /credentials are asked for before the Origin makes a difference/,
    },
    {
      name: 'everybody is turned away',
      input: asked(http(403), http(403), http(403)),
      verdicts: both('inconclusive', 'inconclusive'),
    },
    {
      name: 'the baseline was not made',
      input: asked(notRun(), http(403), http(403)),
      verdicts: both('inconclusive', 'inconclusive'),
    },
    {
      name: 'the others were not made',
      input: asked(session, notRun(), probeError()),
      verdicts: both('inconclusive', 'inconclusive'),
    },
    { name: 'nothing came in time', input: asked(session, timeout(), timeout()), verdicts: both('inconclusive', 'inconclusive') },
    { name: 'the server broke', input: asked(session, http(500), http(502)), verdicts: both('inconclusive', 'inconclusive') },
    {
      name: 'something else answered',
      input: asked(session, outcome('other-protocol', { phase: 'mcp', detail: 'no HTTP answer' }), http(403)),
      verdicts: both('inconclusive', 'pass'),
    },
    {
      name: 'they were not tried',
      input: { facts: facts([own('own-session', session)]) },
      verdicts: both('inconclusive', 'inconclusive'),
    },
  ],
});
