import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CHECKS as ALL } from '../../../src/checks/registry.ts';
import { reachOf } from '../../../src/checks/support/decide.ts';
import { evaluate } from '../../../src/engine/evaluate.ts';
import { matrixOf, peerCell } from '../../../src/engine/matrix.ts';
import { judgeOf } from '../../../src/engine/policy.ts';
import type { AttemptSpec, PairedAttempt } from '../../../src/model/attempt.ts';
import type { ObservationBundle, TargetObservations } from '../../../src/model/bundle.ts';
import type { ObservationSet } from '../../../src/model/observation.ts';
import type { Profile } from '../../../src/model/profile.ts';
import type { Finding, MatrixCell } from '../../../src/model/report.ts';
import { aBundle } from '../../support/bundle.ts';
import { cellsOf as everyCellOf } from '../../support/matrix.ts';
import {
  aConfiguration,
  aDeclaration,
  aHostNamespace,
  aNamespace,
  anId,
  anInterface,
  aPair,
  aTarget,
  answered,
  connected,
  dnsAnswer,
  notRun,
  outcome,
  probeError,
  proxyDenied,
  refused,
  timeout,
  unreachable,
  type Result,
} from '../../support/observations.ts';

/** The checks for which the bundles here hold evidence; all others would say that they could not look. */
const FED = new Set(
  'NET-004 NET-005 NET-006 NET-007 NET-010 NET-012 NET-013 NET-014 HOST-001 HOST-002 HOST-003 HOST-005 PIVOT-001 PIVOT-002'.split(
    ' ',
  ),
);
const CHECKS = ALL.filter(({ meta }) => FED.has(meta.id));

const WITHOUT_PEERS = CHECKS.filter(({ meta }) => meta.area !== 'PIVOT');

/** Written anew here: which checks speak of which place, by the catalogue. */
const SPEAKERS: Readonly<Record<string, string>> = {
  'NET-004': 'undeclared',
  'NET-005': 'undeclared',
  'NET-006': 'declared',
  'NET-007': 'undeclared',
  'NET-010': 'dns',
  'NET-012': 'undeclared',
  'NET-013': 'undeclared',
  'NET-014': 'metadata',
  'HOST-001': 'host',
  'HOST-002': 'host',
  'HOST-003': 'management',
  'HOST-005': 'host',
};
const PEER_CHECKS: ReadonlySet<string> = new Set(['PIVOT-001', 'PIVOT-002']);
const NAMES = ['weather', 'notes', 'files'] as const;
const ids = NAMES.map((_, index) => anId('abc'[index]));
const addressOf = (index: number): string => `172.30.0.${index + 2}`;

const results: fc.Arbitrary<Result> = fc.constantFrom(
  connected(),
  connected({ peer: { status: 200, body: 'aa', service: 'application/json {"version":"v1"}' } }),
  connected({ peer: { banner: 'SSH-2.0-x' } }),
  answered(),
  connected({ nonce: 'mismatch' }),
  refused(),
  timeout(),
  timeout({ phase: 'resolve' }),
  unreachable(),
  notRun(),
  probeError(),
  proxyDenied(),
  outcome('unauthorized', { phase: 'mcp' }),
  outcome('other-protocol', { phase: 'http' }),
  outcome('tls-failed', { phase: 'tls' }),
  outcome('reset', { phase: 'http' }),
  outcome('proxy-unreachable', { phase: 'proxy' }),
);
const answers: fc.Arbitrary<Result> = fc.constantFrom(
  dnsAnswer('NXDOMAIN', { soa: 'canary.test' }),
  dnsAnswer('NOERROR', { addresses: ['203.0.113.10'] }),
  dnsAnswer('REFUSED'),
  dnsAnswer('NXDOMAIN'),
  timeout({ phase: 'resolve' }),
  notRun(),
);

const at = (spec: Partial<AttemptSpec>): Partial<AttemptSpec> => spec;
const EGRESS = [
  at({}),
  at({ host: 'canary.test', family: 4 }),
  at({ host: '2001:db8:203::10', family: 6 }),
  at({ path: 'proxy' }),
  at({ purpose: 'declared', host: 'api.test' }),
  at({ purpose: 'declared', host: 'api.test', path: 'proxy' }),
  at({ purpose: 'port-boundary', host: 'api.test', port: 22 }),
];
const HOST = [
  at({ purpose: 'host-canary', host: '172.30.0.1', port: 40001, nonce: 'n', controls: ['bridge', 'host'] }),
  at({ purpose: 'host-loopback', host: '127.0.0.1', port: 40002, nonce: 'n', controls: ['host'] }),
  at({ purpose: 'host-service', host: '172.30.0.1', port: 22, controls: ['host'] }),
  at({ id: 'host-service:closed:172.30.0.1', purpose: 'host-service', host: '172.30.0.1', port: 1, controls: ['host'] }),
];
const MANAGEMENT = [
  at({
    id: 'management:ToolHive API:172.30.0.1',
    purpose: 'management',
    kind: 'http',
    host: '172.30.0.1',
    port: 8080,
    request: '/api/v1beta/version',
    controls: ['host', 'bridge'],
  }),
  at({
    id: 'management:given:172.30.0.1:9999',
    purpose: 'management',
    kind: 'http',
    host: '172.30.0.1',
    port: 9999,
    request: '/',
    controls: ['host', 'bridge'],
  }),
];
const towards = (index: number): readonly Partial<AttemptSpec>[] => {
  const base = { host: addressOf(index), peer: ids[index] ?? '', controls: ['peer' as const] };
  return [
    { ...base, purpose: 'peer-canary', port: 40003, nonce: 'n' },
    { ...base, purpose: 'peer-port', port: 3000 },
    { ...base, purpose: 'peer-session', kind: 'mcp', port: 3000 },
  ];
};

/** Some of these attempts, each with any outcome, beside no control, or one with any outcome. */
function pairs(specs: readonly Partial<AttemptSpec>[], outcomes = results): fc.Arbitrary<PairedAttempt[]> {
  const each = specs.map((spec) =>
    fc.option(
      fc.tuple(outcomes, fc.array(outcomes, { maxLength: 2 })).map(([target, controls]) => aPair({ spec, target, controls })),
      { nil: undefined, freq: 4 },
    ),
  );
  return fc.tuple(...each).map((list) => list.filter((pair) => pair !== undefined));
}

function seen(attempts: fc.Arbitrary<PairedAttempt[]>): fc.Arbitrary<ObservationSet['egress']> {
  return fc.oneof(
    { weight: 8, arbitrary: attempts.map((list) => ({ state: 'observed' as const, facts: { attempts: list } })) },
    { weight: 1, arbitrary: fc.constant({ state: 'unavailable' as const, reason: 'the container was paused' }) },
  );
}

const profiles: fc.Arbitrary<Profile> = fc.constantFrom<Profile>(
  {},
  { network: { outbound: { allow_host: ['api.test'], allow_port: [443] } } },
  { network: { outbound: { allow_host: ['api.test', addressOf(1)], allow_port: [443, 3000] } } },
  { network: { outbound: { allow_host: ['172.30.0.1'], allow_port: [22] } } },
  { network: { outbound: { allow_port: [443] } } },
  { network: { outbound: { insecure_allow_all: true } } },
  { network: { mode: 'host' } },
);

const observed = <T>(facts: T) => ({ state: 'observed', facts }) as const;
const PROXY = { proxyVariables: [{ name: 'HTTPS_PROXY', value: 'http://egress:3128' }] };

function target(index: number): fc.Arbitrary<TargetObservations> {
  const others = NAMES.flatMap((_, other) => (other === index ? [] : towards(other)));
  const noted = fc.record({
    egress: seen(pairs(EGRESS)),
    udp: seen(pairs([at({ purpose: 'udp', kind: 'udp', port: 7 })])),
    dns: seen(
      pairs(
        [at({ purpose: 'dns-exfiltration', kind: 'dns', host: 't-s.canary.test', port: 0, subject: 'below canary.test' })],
        answers,
      ),
    ),
    metadata: seen(pairs([at({ purpose: 'metadata', host: '169.254.169.254', port: 80, controls: ['bridge', 'host'] })])),
    host: seen(pairs(HOST)),
    management: seen(pairs(MANAGEMENT)),
    peers: seen(pairs(others)),
  });
  return fc
    .record({ noted, profile: profiles, state: fc.constantFrom('running', 'running', 'exited') })
    .map(({ noted: set, profile, state }) => ({
      target: aTarget({ id: ids[index] ?? '', name: NAMES[index] ?? '', state }),
      declaration: aDeclaration(profile),
      observations: {
        configuration: observed(aConfiguration(PROXY)),
        namespace: observed(aNamespace({ interfaces: [anInterface({ address: addressOf(index) })] })),
        hostNamespace: observed(aHostNamespace()),
        ...(set as ObservationSet),
      },
    }));
}

const bundles: fc.Arbitrary<ObservationBundle> = fc
  .tuple(...NAMES.map((_, index) => target(index)))
  .map((targets) => aBundle(...targets));

/** The findings about a place, as somebody reads the report. */
function about(findings: readonly Finding[], source: string, destination: string): readonly Finding[] {
  const peer = NAMES[ids.indexOf(destination)];
  return findings.filter(({ targetId, check, subject }) => {
    if (targetId !== source) return false;
    if (peer === undefined) return SPEAKERS[check] === destination;
    return PEER_CHECKS.has(check) && (subject === peer || subject === 'evidence peers');
  });
}

/** Every cell of a run, listed or not, beside what the checks say of it. */
function cellsOf(bundle: ObservationBundle, findings: readonly Finding[]) {
  const matrix = matrixOf(bundle, findings);
  return matrix.rows.flatMap((row) =>
    everyCellOf(row, matrix).map((cell) => ({
      cell,
      source: row.targetId,
      said: about(findings, row.targetId, cell.destinationId),
    })),
  );
}

/** A session was asked for and something answered: no pass of another check makes a wall of that. */
function answersWithoutPort({ targets }: ObservationBundle, source: string, destination: string): boolean {
  const peers = targets.find(({ target: { id } }) => id === source)?.observations.peers;
  return (
    peers?.state === 'observed' &&
    peers.facts.attempts.some(
      ({ spec, target: { outcome: ended } }) =>
        spec.kind === 'mcp' &&
        spec.peer === destination &&
        ['unauthorized', 'other-protocol', 'tls-failed', 'reset'].includes(ended),
    )
  );
}

/** What a row says of another target, worked out for it alone, whether there is anything to say or not. */
function towardsPeer({ targets }: ObservationBundle, findings: readonly Finding[], source: string, peer: string): MatrixCell {
  const subject = targets.find(({ target: { id } }) => id === source);
  const peers = subject?.observations.peers;
  const attempts = peers?.state === 'observed' ? peers.facts.attempts : [];
  const own = findings.filter(({ targetId, check }) => targetId === source && PEER_CHECKS.has(check));
  const name = NAMES[ids.indexOf(peer)];
  const others = NAMES.filter((each) => each !== NAMES[ids.indexOf(source)]);
  return peerCell(
    peer,
    attempts.filter(({ spec }) => spec.peer === peer),
    [
      ...own.filter((finding) => finding.subject === name),
      ...own.filter(
        (finding) => !others.some((each) => each === finding.subject) && ['inconclusive', 'error'].includes(finding.status),
      ),
    ],
    judgeOf(subject?.declaration.profile ?? {}),
  );
}

const breach = ({ status, severity }: Finding): boolean => status === 'fail' && severity !== 'info';

describe('a matrix and the findings of the same run', () => {
  it('never contradict each other', () => {
    fc.assert(
      fc.property(bundles, (bundle) => {
        const findings = evaluate(bundle, CHECKS);
        for (const { cell, said, source } of cellsOf(bundle, findings)) {
          const open = said.some(({ status }) => status === 'inconclusive' || status === 'error');
          const failed = said.some(breach);
          const wrong = cell.value === 'violation' || (cell.destinationId === 'declared' && cell.value === 'over-blocked');
          expect(wrong, JSON.stringify({ cell, said })).toBe(failed);
          if (cell.value === 'held') expect(open || said.some(({ status }) => status === 'fail')).toBe(false);
          if (cell.value === 'not-there' || cell.value === 'as-declared-open')
            expect(failed || (open && !said.some(({ status }) => status === 'fail'))).toBe(false);
          if (cell.value === 'unknown') expect(open || answersWithoutPort(bundle, source, cell.destinationId)).toBe(true);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('lose nothing of any target that a row does not list', () => {
    const [listed, unlisted] = [new Set<string>(), new Set<string>()];
    fc.assert(
      fc.property(bundles, fc.constantFrom(CHECKS, WITHOUT_PEERS, []), (bundle, checks) => {
        const findings = evaluate(bundle, checks);
        const matrix = matrixOf(bundle, findings);
        for (const row of matrix.rows) {
          const all = everyCellOf(row, matrix).filter(({ destinationId }) => ids.includes(destinationId));
          expect(all).toEqual(
            ids.filter((id) => id !== row.targetId).map((id) => towardsPeer(bundle, findings, row.targetId, id)),
          );
          for (const { value } of row.cells) listed.add(value);
          if (row.others !== undefined) unlisted.add(row.others.value);
        }
      }),
      { numRuns: 400 },
    );
    expect([listed.size, unlisted.size]).toEqual([6, 1]);
  });

  it('hide no attempt that got there, and hold nothing without one that was stopped', () => {
    fc.assert(
      fc.property(bundles, (bundle) => {
        const alone = new Map(cellsOf(bundle, []).map(({ cell, source }) => [`${source} ${cell.destinationId}`, cell]));
        for (const { cell, source } of cellsOf(bundle, evaluate(bundle, CHECKS))) {
          const own: MatrixCell | undefined = alone.get(`${source} ${cell.destinationId}`);
          // Another service may have the port of a management API; and what a failed check of declared destinations says is that none was reached.
          if (own?.observed === 'reached' && cell.destinationId !== 'management' && cell.destinationId !== 'declared') {
            expect(cell.observed, JSON.stringify({ cell, own })).toBe('reached');
          }
          if (cell.observed === 'held' && cell.destinationId !== 'management')
            expect(cell.endpoints, JSON.stringify(cell)).not.toEqual([]);
        }
      }),
      { numRuns: 400 },
    );
  });

  it('show a peer as reached wherever a connection to it was judged so', () => {
    fc.assert(
      fc.property(bundles, (bundle) => {
        const cells = new Map(
          cellsOf(bundle, evaluate(bundle, CHECKS)).map(({ cell, source }) => [`${source} ${cell.destinationId}`, cell]),
        );
        for (const {
          target: { id },
          observations,
        } of bundle.targets) {
          const attempts = observations.peers?.state === 'observed' ? observations.peers.facts.attempts : [];
          for (const pair of attempts.filter(({ spec }) => spec.kind === 'tcp' && spec.peer !== undefined)) {
            if (reachOf(pair).state === 'reached') expect(cells.get(`${id} ${pair.spec.peer}`)?.observed).toBe('reached');
          }
        }
      }),
      { numRuns: 200 },
    );
  });
});
