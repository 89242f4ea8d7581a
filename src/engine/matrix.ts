import { declaresHostNetwork } from '../checks/support/host.ts';
import { isPermitted } from '../checks/support/egress.ts';
import { isDeclaredPeer, peerSubjects } from '../checks/support/peers.ts';
import type { AttemptPurpose, PairedAttempt } from '../model/attempt.ts';
import type { ObservationBundle, TargetObservations } from '../model/bundle.ts';
import type { EgressJudge } from '../model/check.ts';
import type {
  DestinationKind,
  Finding,
  MatrixCell,
  MatrixDestination,
  MatrixRow,
  MatrixValue,
  ReachMatrix,
} from '../model/report.ts';
import type { Target } from '../model/target.ts';
import { deciding, endpointsOf, judgePair, metServer, type Observed } from './matrix-evidence.ts';
import { judgeOf } from './policy.ts';

type Place = Exclude<DestinationKind, 'target'>;

/** What is dialled to get to a place, and the checks that judge whether it was reached. */
interface Column {
  readonly name: string;
  readonly purposes: ReadonlySet<AttemptPurpose>;
  readonly checks: ReadonlySet<string>;
}

const TO_TARGETS: Omit<Column, 'name'> = {
  purposes: new Set(['peer-canary', 'peer-port', 'peer-session', 'peer-published', 'platform-proxy']),
  checks: new Set(['PIVOT-001', 'PIVOT-002', 'PIVOT-003', 'PIVOT-004', 'PIVOT-005']),
};

/** In the order of the columns. A new check that dials one of these is a word here. */
const PLACES: Readonly<Record<Place, Column>> = {
  host: {
    name: 'host',
    purposes: new Set(['host-canary', 'host-loopback', 'host-service']),
    checks: new Set(['HOST-001', 'HOST-002', 'HOST-005']),
  },
  declared: { name: 'declared destinations', purposes: new Set(['declared', 'internet']), checks: new Set(['NET-006']) },
  undeclared: {
    name: 'undeclared destinations',
    purposes: new Set(['internet', 'udp', 'port-boundary', 'name-boundary', 'fronting', 'private']),
    checks: new Set(['NET-004', 'NET-005', 'NET-007', 'NET-008', 'NET-009', 'NET-012', 'NET-013', 'NET-015']),
  },
  dns: {
    name: 'DNS for undeclared names',
    purposes: new Set(['dns-exfiltration', 'direct-dns']),
    checks: new Set(['NET-010', 'NET-011']),
  },
  metadata: { name: 'cloud metadata service', purposes: new Set(['metadata']), checks: new Set(['NET-014']) },
  management: { name: 'management APIs', purposes: new Set(['management']), checks: new Set(['HOST-003', 'HOST-004']) },
};
const PLACE_KINDS = Object.keys(PLACES) as readonly Place[];

/**
 * The truth table of a run: what every target was expected to reach, what it reached, and the difference. Pure.
 * Where checks spoke of a place their findings decide, so that no cell can contradict one; where none was asked,
 * the attempts themselves do, judged by the same rules.
 */
export function matrixOf(bundle: Pick<ObservationBundle, 'targets'>, findings: readonly Finding[]): ReachMatrix {
  const targets = bundle.targets.map(({ target }) => target);
  const destinations: readonly MatrixDestination[] = [
    ...targets.map(({ id, name }) => ({ id, kind: 'target' as const, name })),
    ...PLACE_KINDS.map((kind) => ({ id: kind, kind, name: PLACES[kind].name })),
  ];
  const byTarget = Map.groupBy(findings, ({ targetId }) => targetId);
  return {
    destinations: [...destinations],
    rows: bundle.targets.map((subject) => rowOf(subject, targets, byTarget.get(subject.target.id) ?? [])),
  };
}

function rowOf(subject: TargetObservations, targets: readonly Target[], findings: readonly Finding[]): MatrixRow {
  const { id, name } = subject.target;
  const policy = judgeOf(subject.declaration.profile);
  const attempts = attemptsOf(subject);
  const { cells, others } = towardsTargets(
    targets.filter((target) => target.id !== id),
    attempts.filter(({ spec }) => TO_TARGETS.purposes.has(spec.purpose)),
    findings.filter(({ check }) => TO_TARGETS.checks.has(check)),
    policy,
  );
  const places = PLACE_KINDS.map((kind) => {
    const { checks, purposes } = PLACES[kind];
    return cell({
      destinationId: kind,
      pairs: attempts.filter(({ spec }) => purposes.has(spec.purpose)).filter((pair) => belongs(kind, policy, pair)),
      findings: findings.filter(({ check }) => checks.has(check)),
      allowed: allowsPlace(kind, policy, subject),
    });
  });
  return { target: name, targetId: id, cells: [...cells, ...places], ...(others === undefined ? {} : { others }) };
}

/** A cell for each peer that was tried or that a finding names; the others together, of which nobody knows anything. */
function towardsTargets(
  peers: readonly Target[],
  attempts: readonly PairedAttempt[],
  findings: readonly Finding[],
  policy: EgressJudge,
): Pick<MatrixRow, 'cells' | 'others'> {
  const subjectOf = peerSubjects(peers);
  const tried = Map.groupBy(attempts, ({ spec }) => spec.peer);
  const said = Map.groupBy(findings, ({ subject }) => subject);
  const listed = peers.filter((peer) => tried.has(peer.id) || said.has(subjectOf(peer)));
  const subjects = new Set(listed.map(subjectOf));
  // What is said of no peer in particular, such as that nobody could look, is said of each.
  const ofAll = findings.filter((finding) => !subjects.has(finding.subject) && isOpen(finding));
  const others = peers.length - listed.length;
  return {
    cells: listed.map((peer) => {
      const pairs = tried.get(peer.id) ?? [];
      return peerCell(peer.id, pairs, [...(said.get(subjectOf(peer)) ?? []), ...ofAll], policy);
    }),
    ...(others === 0
      ? {}
      : {
          others: {
            targets: others,
            expected: 'closed',
            observed: 'unknown',
            value: 'unknown',
            findings: deciding(ofAll, 'unknown'),
          },
        }),
  };
}

/**
 * What is known of one peer.
 * @param findings all that speak of it
 */
export function peerCell(
  destinationId: string,
  pairs: readonly PairedAttempt[],
  findings: readonly Finding[],
  policy: EgressJudge,
): MatrixCell {
  return cell({ destinationId, pairs, findings, allowed: allowsPeer(policy, pairs) });
}

function attemptsOf({ observations }: TargetObservations): readonly PairedAttempt[] {
  return Object.values(observations).flatMap((outcome) =>
    outcome.state === 'observed' && 'attempts' in outcome.facts ? outcome.facts.attempts : [],
  );
}

function isOpen({ status }: Finding): boolean {
  return status === 'inconclusive' || status === 'error';
}

/** A canary is a declared destination or an undeclared one, by what the profile says of it. */
function belongs(kind: Place, policy: EgressJudge, { spec }: PairedAttempt): boolean {
  if (kind === 'declared') return spec.kind === 'tcp' && isPermitted(policy, spec);
  if (kind === 'undeclared') return spec.purpose === 'fronting' || !isPermitted(policy, spec);
  return true;
}

/**
 * What a profile says of a destination. `tolerated`: it allows any host, which includes this one and asks for
 * nothing: reached it is no violation, held it is not over-blocked.
 */
type Allowed = 'declared' | 'tolerated' | 'no';

function allowsPeer(policy: EgressJudge, pairs: readonly PairedAttempt[]): Allowed {
  const reached = pairs.filter((pair) => judgePair(pair) === 'reached');
  if (reached.length > 0) return isDeclaredPeer(policy, reached) ? 'declared' : 'no';
  return policy.restricts && pairs.some(({ spec }) => isPermitted(policy, spec)) ? 'declared' : 'no';
}

function allowsPlace(kind: Place, policy: EgressJudge, { declaration }: TargetObservations): Allowed {
  switch (kind) {
    case 'declared':
      return 'declared';
    case 'host':
      return declaresHostNetwork(declaration) ? 'declared' : 'no';
    case 'dns':
      return policy.restricts && !policy.resolvesAnyName ? 'no' : 'tolerated';
    case 'metadata':
      return policy.restricts ? 'no' : 'tolerated';
    case 'undeclared':
    case 'management':
      return 'no';
  }
}

interface Question {
  readonly destinationId: string;
  readonly pairs: readonly PairedAttempt[];
  readonly findings: readonly Finding[];
  readonly allowed: Allowed;
}

function cell({ destinationId, pairs, findings, allowed }: Question): MatrixCell {
  const failed = findings.filter(({ status }) => status === 'fail');
  const observed = observedBy({ destinationId, pairs, findings, allowed });
  const expected = expectedOf(observed, allowed, destinationId === 'declared' ? [] : failed);
  const opened = pairs.some(({ spec, target }) => spec.purpose === 'peer-session' && target.outcome === 'connected');
  const isPeer = !Object.hasOwn(PLACES, destinationId);
  return {
    destinationId,
    expected,
    observed,
    value: valueOf(expected, observed),
    ...(isPeer && observed === 'reached' ? { session: opened } : {}),
    attempts: pairs.length,
    endpoints: endpointsOf(pairs, observed, failed),
    findings: deciding(findings, observed),
  };
}

/** What the findings say together; only what speaks of nothing that could be reached or held leaves it to the attempts. */
function observedBy({ destinationId, pairs, findings, allowed }: Question): Observed {
  // Of declared destinations it is a failure not to be reached.
  const [failure, success] = destinationId === 'declared' ? (['held', 'reached'] as const) : (['reached', 'held'] as const);
  if (findings.some(({ status }) => status === 'fail')) return failure;
  if (findings.some(isOpen)) return 'unknown';
  // No session is no wall: an answer to the attempt at one, and none to the attempt at its port, leaves it open.
  if (findings.some(({ status }) => status === 'pass')) return pairs.some(metServer) ? 'unknown' : success;
  // Checks do not ask about what a profile allows anyway: whether it is there still shows.
  const states = findings.length === 0 || allowed !== 'no' ? pairs.map(judgePair) : [];
  if (states.includes('reached')) return 'reached';
  if (findings.length > 0) return 'absent';
  return states.length > 0 && states.every((state) => state === 'held') ? 'held' : 'unknown';
}

/** Where checks found something reached, they say themselves whether it is declared: then it is for information only. */
function expectedOf(observed: Observed, allowed: Allowed, failed: readonly Finding[]): MatrixCell['expected'] {
  switch (observed) {
    case 'absent':
      return 'nothing';
    case 'reached':
      if (failed.length > 0) return failed.every(({ severity }) => severity === 'info') ? 'open' : 'closed';
      return allowed === 'no' ? 'closed' : 'open';
    case 'held':
    case 'unknown':
      return allowed === 'declared' ? 'open' : 'closed';
  }
}

function valueOf(expected: MatrixCell['expected'], observed: Observed): MatrixValue {
  switch (observed) {
    case 'reached':
      return expected === 'open' ? 'as-declared-open' : 'violation';
    case 'held':
      return expected === 'open' ? 'over-blocked' : 'held';
    case 'absent':
      return 'not-there';
    case 'unknown':
      return 'unknown';
  }
}
