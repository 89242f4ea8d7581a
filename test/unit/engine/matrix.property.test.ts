import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reachOf } from '../../../src/checks/support/decide.ts';
import { evaluate } from '../../../src/engine/evaluate.ts';
import { matrixOf, peerCell } from '../../../src/engine/matrix.ts';
import { judgeOf } from '../../../src/engine/policy.ts';
import type { ObservationBundle } from '../../../src/model/bundle.ts';
import type { Finding, MatrixCell } from '../../../src/model/report.ts';
import { bundles, FED_CHECKS as CHECKS, ids, NAMES } from '../../support/bundles.ts';
import { cellsOf as everyCellOf } from '../../support/matrix.ts';

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
