import { expect } from 'vitest';
import type { MatrixCell, MatrixRow, Report } from '../../src/model/report.ts';

type Matrix = Report['matrix'];

/** A cell for every destination of a row, those too that it does not list. */
export function cellsOf(
  { targetId, cells, others }: MatrixRow,
  { destinations }: Pick<Matrix, 'destinations'>,
): readonly MatrixCell[] {
  const listed = new Map(cells.map((cell) => [cell.destinationId, cell]));
  return destinations.flatMap(({ id, kind }) => {
    const cell = listed.get(id);
    if (cell !== undefined) return [cell];
    if (id === targetId || kind !== 'target' || others === undefined) return [];
    const { targets: _, ...said } = others;
    return [{ destinationId: id, ...said, attempts: 0, endpoints: [] }];
  });
}

/** `FROM to DESTINATION` with what is said of each, and whether a session opened. */
export function valuesOf({ matrix }: Report): Readonly<Record<string, string>> {
  const names = new Map(matrix.destinations.map(({ id, kind, name }) => [id, kind === 'target' ? name : kind]));
  return Object.fromEntries(
    matrix.rows.flatMap((row) =>
      cellsOf(row, matrix).map(({ destinationId, value, session }) => [
        `${row.target} to ${names.get(destinationId) ?? ''}`,
        session === true ? `${value} (session)` : value,
      ]),
    ),
  );
}

/**
 * Every violation and everything over-blocked has a finding that failed, what is held has none, nor one that is open, and
 * what is listed together is open at most. Nothing is left out: each row says something of every destination but itself.
 */
export function expectAgreement({ matrix, findings }: Report): void {
  const byPrint = new Map(findings.map((finding) => [finding.fingerprint, finding]));
  for (const row of matrix.rows) {
    expect(row.cells.length + (row.others?.targets ?? 0), row.target).toBe(matrix.destinations.length - 1);
    const cells = cellsOf(row, matrix);
    expect(cells.map(({ destinationId }) => destinationId)).toEqual(
      matrix.destinations.map(({ id }) => id).filter((id) => id !== row.targetId),
    );
    for (const cell of cells) {
      const spoken = cell.findings.flatMap(({ fingerprint }) => byPrint.get(fingerprint) ?? []);
      const statuses = new Set(spoken.map(({ status }) => status));
      const about = JSON.stringify({
        target: row.target,
        cell,
        spoken: spoken.map(({ check, status, subject }) => `${check} ${status} ${subject}`),
      });
      expect(spoken.length, about).toBe(cell.findings.length);
      if (cell.value === 'violation') expect(statuses, about).toContain('fail');
      if (cell.value === 'held')
        for (const status of ['fail', 'inconclusive', 'error']) expect(statuses, about).not.toContain(status);
      if (cell.value === 'held' || cell.value === 'violation') expect(cell.endpoints, about).not.toEqual([]);
    }
    const shared = (row.others?.findings ?? []).map(({ fingerprint }) => byPrint.get(fingerprint)?.status);
    for (const status of shared) expect(['inconclusive', 'error'], row.target).toContain(status);
  }
}
