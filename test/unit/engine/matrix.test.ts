import { describe, expect, it } from 'vitest';
import { CHECKS as ALL } from '../../../src/checks/registry.ts';
import { evaluate } from '../../../src/engine/evaluate.ts';
import { matrixOf } from '../../../src/engine/matrix.ts';
import { reportOf } from '../../../src/engine/report.ts';
import type { PairedAttempt } from '../../../src/model/attempt.ts';
import type { ObservationBundle, TargetObservations } from '../../../src/model/bundle.ts';
import type { ObservationSet } from '../../../src/model/observation.ts';
import type { Profile } from '../../../src/model/profile.ts';
import type { MatrixCell } from '../../../src/model/report.ts';
import type { Target } from '../../../src/model/target.ts';
import { renderJson } from '../../../src/reporters/json.ts';
import { aBundle } from '../../support/bundle.ts';
import { manyTargets } from '../../support/many-targets.ts';
import { expectAgreement } from '../../support/matrix.ts';
import {
  aConfiguration,
  aDeclaration,
  aHostNamespace,
  aNamespace,
  anId,
  anInterface,
  answered,
  aPair,
  aTarget,
  connected,
  dnsAnswer,
  notRun,
  outcome,
  refused,
  timeout,
  unreachable,
  type Result,
} from '../../support/observations.ts';

const PLACES = ['host', 'declared', 'undeclared', 'dns', 'metadata', 'management'];
const NOTES_ADDRESS = '172.30.0.3';
const observed = <T>(facts: T) => ({ state: 'observed', facts }) as const;
const attempts = (...pairs: readonly PairedAttempt[]) => observed({ attempts: [...pairs] });

/** `weather` has seen these things; the other target, `notes`, has an address and nobody was there to look out of it. */
function bundle(
  observations: ObservationSet,
  options: { readonly profile?: Profile; readonly notes?: Partial<Target> } = {},
): ObservationBundle {
  const weather: TargetObservations = {
    target: aTarget(),
    declaration: aDeclaration(options.profile),
    observations: {
      configuration: observed(aConfiguration()),
      namespace: observed(aNamespace()),
      hostNamespace: observed(aHostNamespace()),
      ...observations,
    },
  };
  const notes: TargetObservations = {
    target: aTarget({ id: anId('b'), name: 'notes', ...options.notes }),
    declaration: aDeclaration(),
    observations: { namespace: observed(aNamespace({ interfaces: [anInterface({ address: NOTES_ADDRESS })] })) },
  };
  return aBundle(weather, notes);
}

/** The checks for which the bundles here hold evidence; all others would say that they could not look. */
const FED = new Set(
  'NET-004 NET-005 NET-006 NET-007 NET-010 NET-012 NET-013 NET-014 HOST-001 HOST-002 HOST-003 HOST-005 PIVOT-001 PIVOT-002'.split(
    ' ',
  ),
);
const CHECKS = ALL.filter(({ meta }) => FED.has(meta.id));

function cellOf(from: ObservationBundle, destinationId: string, row = 0): MatrixCell {
  const cell = matrixOf(from, evaluate(from, CHECKS)).rows[row]?.cells.find((each) => each.destinationId === destinationId);
  if (cell === undefined) throw new Error(`no cell ${destinationId}`);
  return cell;
}

const peer = (target: Result, controls?: readonly Result[]): PairedAttempt =>
  aPair({
    spec: { host: NOTES_ADDRESS, port: 40003, purpose: 'peer-canary', nonce: 'n', peer: anId('b'), controls: ['peer'] },
    target,
    ...(controls !== undefined && { controls }),
  });
const port = (target: Result): PairedAttempt =>
  aPair({ spec: { host: NOTES_ADDRESS, port: 3000, purpose: 'peer-port', peer: anId('b'), controls: ['peer'] }, target });
const session = (target: Result, control: Result = connected()): PairedAttempt =>
  aPair({
    spec: { host: NOTES_ADDRESS, port: 3000, purpose: 'peer-session', kind: 'mcp', peer: anId('b'), controls: ['peer'] },
    target,
    controls: [control],
  });
const host = (target: Result): PairedAttempt =>
  aPair({ spec: { host: '172.30.0.1', port: 41207, purpose: 'host-canary', nonce: 'n', controls: ['host'] }, target });
const metadata = (target: Result, control: Result): PairedAttempt =>
  aPair({ spec: { host: '169.254.169.254', port: 80, purpose: 'metadata' }, target, controls: [control] });
const dns = (target: Result, control: Result): PairedAttempt =>
  aPair({
    spec: { host: 't-s.canary.test', port: 0, kind: 'dns', purpose: 'dns-exfiltration', subject: 'a name below canary.test' },
    target,
    controls: [control],
  });
const management = (target: Result): PairedAttempt =>
  aPair({
    spec: {
      id: 'management:ToolHive API:172.30.0.1',
      host: '172.30.0.1',
      port: 8080,
      kind: 'http',
      purpose: 'management',
      request: '/api/v1beta/version',
    },
    target,
    controls: [connected({ peer: { status: 200, service: 'application/json {"version":"v1"}' } })],
  });

const DECLARED: Profile = { network: { outbound: { allow_host: ['203.0.113.10'], allow_port: [443] } } };
const ANYTHING: Profile = { network: { outbound: { insecure_allow_all: true } } };
const HOST_NETWORK: Profile = { network: { mode: 'host' } };
const SOA = { soa: 'canary.test' };

type Case = readonly [
  name: string,
  to: string,
  seen: ObservationSet,
  cell: Pick<MatrixCell, 'expected' | 'observed' | 'value'> & Partial<MatrixCell>,
  options?: Parameters<typeof bundle>[1],
];
const CASES: readonly Case[] = [
  [
    'a peer that a canary beside it shows to be reached',
    anId('b'),
    { peers: attempts(peer(answered()), port(refused())) },
    { expected: 'closed', observed: 'reached', value: 'violation', session: false, endpoints: [`${NOTES_ADDRESS}:40003/tcp`] },
  ],
  [
    'a peer with which a session opens',
    anId('b'),
    { peers: attempts(peer(answered()), port(connected()), session(connected({ peer: { service: 'notes 1' } }))) },
    { expected: 'closed', observed: 'reached', value: 'violation', session: true },
  ],
  [
    'a peer that asks for credentials: reached, without a session',
    anId('b'),
    { peers: attempts(peer(answered()), port(connected()), session(outcome('unauthorized', { phase: 'mcp' }))) },
    { expected: 'closed', observed: 'reached', value: 'violation', session: false },
  ],
  [
    'a peer whose controls were reached, and it was not',
    anId('b'),
    { peers: attempts(peer(timeout()), port(timeout()), session(timeout())) },
    { expected: 'closed', observed: 'held', value: 'held', attempts: 3 },
  ],
  [
    'a peer whose control failed as well',
    anId('b'),
    { peers: attempts(peer(timeout(), [timeout()])) },
    { expected: 'closed', observed: 'unknown', value: 'unknown', endpoints: [`${NOTES_ADDRESS}:40003/tcp`] },
  ],
  [
    'a peer of which the session alone is open to doubt',
    anId('b'),
    { peers: attempts(peer(timeout()), session(notRun())) },
    { expected: 'closed', observed: 'unknown', value: 'unknown' },
  ],
  [
    'a peer that has stopped',
    anId('b'),
    { peers: attempts() },
    { expected: 'nothing', observed: 'absent', value: 'not-there', endpoints: [] },
    { notes: { state: 'exited' } },
  ],
  [
    'a peer at the endpoint that the profile names',
    anId('b'),
    { peers: attempts(port(connected())) },
    { expected: 'open', observed: 'reached', value: 'as-declared-open' },
    { profile: { network: { outbound: { allow_host: [NOTES_ADDRESS], allow_port: [3000] } } } },
  ],
  [
    'a peer at the endpoint that the profile names, which is held',
    anId('b'),
    { peers: attempts(peer(timeout()), port(timeout())) },
    { expected: 'open', observed: 'held', value: 'over-blocked' },
    { profile: { network: { outbound: { allow_host: [NOTES_ADDRESS], allow_port: [3000] } } } },
  ],
  [
    'the host, reached',
    'host',
    { host: attempts(host(answered())) },
    { expected: 'closed', observed: 'reached', value: 'violation', endpoints: ['172.30.0.1:41207/tcp'] },
  ],
  [
    'the host by a route on which nothing listens',
    'host',
    {
      host: attempts(
        aPair({ spec: { host: '172.30.0.1', port: 1, purpose: 'host-service' }, target: refused(), controls: [refused()] }),
      ),
    },
    { expected: 'closed', observed: 'reached', value: 'violation', endpoints: ['172.30.0.1:1/tcp'] },
  ],
  [
    'the host in the network of which the profile puts it',
    'host',
    { host: attempts(host(answered())) },
    { expected: 'open', observed: 'reached', value: 'as-declared-open' },
    { profile: HOST_NETWORK },
  ],
  [
    'a declared destination, reached',
    'declared',
    { egress: attempts(aPair({ spec: { purpose: 'declared' }, target: connected() })) },
    { expected: 'open', observed: 'reached', value: 'as-declared-open', endpoints: ['203.0.113.10:443/tcp'] },
    { profile: DECLARED },
  ],
  [
    'a declared destination, held',
    'declared',
    { egress: attempts(aPair({ spec: { purpose: 'declared' }, target: timeout() })) },
    { expected: 'open', observed: 'held', value: 'over-blocked', endpoints: ['203.0.113.10:443/tcp'] },
    { profile: DECLARED },
  ],
  [
    'declared destinations where none is declared',
    'declared',
    { egress: attempts(aPair({ target: timeout() })) },
    { expected: 'nothing', observed: 'absent', value: 'not-there' },
  ],
  [
    'an undeclared destination, reached through the proxy alone',
    'undeclared',
    {
      configuration: observed(aConfiguration({ proxyVariables: [{ name: 'HTTPS_PROXY', value: 'http://egress:3128' }] })),
      egress: attempts(aPair({ target: unreachable() }), aPair({ spec: { path: 'proxy' }, target: connected() })),
      udp: attempts(aPair({ spec: { purpose: 'udp', kind: 'udp', port: 7 }, target: unreachable() })),
    },
    { expected: 'closed', observed: 'reached', value: 'violation', endpoints: ['203.0.113.10:443/tcp by proxy'] },
  ],
  [
    'undeclared destinations, all held',
    'undeclared',
    {
      egress: attempts(aPair({ target: unreachable() })),
      udp: attempts(aPair({ spec: { purpose: 'udp', kind: 'udp', port: 7 }, target: unreachable() })),
    },
    { expected: 'closed', observed: 'held', value: 'held', endpoints: ['203.0.113.10:443/tcp', '203.0.113.10:7/udp'] },
  ],
  [
    'undeclared destinations of which one way was not tried',
    'undeclared',
    { egress: attempts(aPair({ target: unreachable() })), udp: attempts() },
    { expected: 'closed', observed: 'unknown', value: 'unknown' },
  ],
  [
    'undeclared destinations of a profile that allows everything',
    'undeclared',
    { egress: attempts(aPair({ target: connected() })), udp: attempts() },
    { expected: 'nothing', observed: 'absent', value: 'not-there' },
    { profile: ANYTHING },
  ],
  [
    'a name that left',
    'dns',
    { dns: attempts(dns(dnsAnswer('NXDOMAIN', SOA), dnsAnswer('NXDOMAIN', SOA))) },
    { expected: 'closed', observed: 'reached', value: 'violation', endpoints: ['a name below canary.test'] },
  ],
  [
    'a name that stayed',
    'dns',
    { dns: attempts(dns(dnsAnswer('REFUSED'), dnsAnswer('NXDOMAIN', SOA))) },
    { expected: 'closed', observed: 'held', value: 'held' },
  ],
  [
    'a name that left where any host is allowed',
    'dns',
    { dns: attempts(dns(dnsAnswer('NXDOMAIN', SOA), dnsAnswer('NXDOMAIN', SOA))) },
    { expected: 'open', observed: 'reached', value: 'as-declared-open' },
    { profile: ANYTHING },
  ],
  [
    'a metadata service, whoever answers',
    'metadata',
    { metadata: attempts(metadata(connected({ peer: { banner: 'another' } }), connected({ peer: { banner: 'one thing' } }))) },
    { expected: 'closed', observed: 'reached', value: 'violation', endpoints: ['169.254.169.254:80/tcp'] },
  ],
  [
    'a metadata service, which is there and was held',
    'metadata',
    { metadata: attempts(metadata(timeout(), connected())) },
    { expected: 'closed', observed: 'held', value: 'held' },
  ],
  [
    'a metadata service where there is none',
    'metadata',
    { metadata: attempts(metadata(timeout(), timeout())) },
    { expected: 'nothing', observed: 'absent', value: 'not-there' },
  ],
  [
    'a metadata service where any host is allowed: nobody asked for it',
    'metadata',
    { metadata: attempts(metadata(timeout(), connected())) },
    { expected: 'closed', observed: 'held', value: 'held' },
    { profile: ANYTHING },
  ],
  [
    'a management API',
    'management',
    { management: attempts(management(connected({ peer: { status: 200, service: 'application/json {"version":"v1"}' } }))) },
    { expected: 'closed', observed: 'reached', value: 'violation', endpoints: ['172.30.0.1:8080/tcp'] },
  ],
  [
    'a management API, held',
    'management',
    { management: attempts(management(timeout())) },
    { expected: 'closed', observed: 'held', value: 'held' },
  ],
  [
    'management APIs where none runs',
    'management',
    { management: attempts() },
    { expected: 'nothing', observed: 'absent', value: 'not-there' },
  ],
];

describe('a cell', () => {
  it.each(CASES.map(([name, to, seen, cell, options = {}]) => ({ name, to, seen, cell, options })))(
    'of $name',
    ({ to, seen, cell, options }) => {
      expect(cellOf(bundle(seen, options), to)).toMatchObject(cell);
    },
  );

  it('names the findings that speak of it, and those first that decided', () => {
    const cell = cellOf(bundle({ peers: attempts(peer(answered()), session(timeout())) }), anId('b'));
    const from = bundle({ peers: attempts(peer(answered()), session(timeout())) });
    const findings = evaluate(from, CHECKS).filter(({ area, targetId }) => area === 'PIVOT' && targetId === anId('a'));
    expect(cell.findings.map(({ fingerprint }) => fingerprint).toSorted()).toEqual(
      findings.map(({ fingerprint }) => fingerprint).toSorted(),
    );
    expect(cell.findings[0]?.check).toBe('PIVOT-001');
  });

  it('stays within the bounds of the schema', () => {
    const pairs = Array.from({ length: 40 }, (_, index) => aPair({ spec: { host: `203.0.113.${index}` }, target: connected() }));
    const cell = cellOf(bundle({ egress: attempts(...pairs) }), 'undeclared');
    expect([cell.attempts, cell.endpoints.length, cell.findings.length]).toEqual([40, 8, 16]);
  });
});

describe('a row', () => {
  it('is all unknown where nobody could look', () => {
    const findings = evaluate(bundle({}), CHECKS);
    const [, notes] = matrixOf(bundle({}), findings).rows;
    expect(notes?.cells.map(({ value }) => value)).toEqual(Array.from({ length: 6 }, () => 'unknown'));
    const why = findings.find(({ target, subject }) => target === 'notes' && subject === 'evidence peers');
    expect(notes?.others).toMatchObject({ targets: 1, value: 'unknown', findings: [{ fingerprint: why?.fingerprint }, {}] });
  });

  it('is all unknown where no check was asked that would look', () => {
    const [row] = matrixOf(bundle({}), []).rows;
    expect(new Set(row?.cells.map(({ value }) => value))).toEqual(new Set(['unknown']));
    expect(row?.others).toEqual({ targets: 1, expected: 'closed', observed: 'unknown', value: 'unknown', findings: [] });
  });

  it('lists every target that was tried or that a finding names, and every place, in their order', () => {
    const dialled = bundle({ peers: attempts(peer(timeout())) });
    const [tried, untried] = matrixOf(dialled, []).rows;
    expect(tried?.cells.map(({ destinationId }) => destinationId)).toEqual([anId('b'), ...PLACES]);
    expect(tried?.others).toBeUndefined();
    expect(untried?.cells.map(({ destinationId }) => destinationId)).toEqual(PLACES);
    const named = bundle({ peers: attempts() });
    const findings = evaluate(named, CHECKS);
    expect(matrixOf(named, findings).rows[0]?.cells.map(({ destinationId }) => destinationId)).toEqual([anId('b'), ...PLACES]);
  });

  it('agrees with the findings where into most targets nobody could look', () => {
    expectAgreement(reportOf(manyTargets(12), ALL, { failOn: 'medium', allowEmpty: false }));
  });

  it('grows with what was seen, not with the number of targets', () => {
    const of = (number: number) => {
      const many = manyTargets(number);
      const report = reportOf(many, ALL, { failOn: 'medium', allowEmpty: false });
      return {
        cells: report.matrix.rows.reduce((sum, { cells }) => sum + cells.length, 0),
        characters: renderJson(report).length,
        findings: report.findings.length,
      };
    };
    const [one, two, four] = [of(20), of(40), of(80)];
    expect(two.cells - one.cells).toBeGreaterThan(0);
    for (const key of ['cells', 'findings', 'characters'] as const) {
      // What is added to twice as many is twice what was added before; of a square it would be four times.
      expect((four[key] - two[key]) / (two[key] - one[key]), key).toBeLessThan(2.2);
    }
  });

  it('tells two targets of one name apart', () => {
    const twins = bundle({ peers: attempts(peer(answered())) }, { notes: { name: 'weather' } });
    expect(cellOf(twins, anId('b')).value).toBe('violation');
  });
});

describe('without findings', () => {
  it('attempts decide by the rules of the checks', () => {
    const [row] = matrixOf(bundle({ peers: attempts(peer(answered())), host: attempts(host(timeout())) }), []).rows;
    const values = Object.fromEntries((row?.cells ?? []).map(({ destinationId, value }) => [destinationId, value]));
    expect(values).toMatchObject({ [anId('b')]: 'violation', host: 'held', undeclared: 'unknown' });
  });
});
