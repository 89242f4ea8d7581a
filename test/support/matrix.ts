import { expect } from 'vitest';
import type { Report } from '../../src/model/report.ts';

/** `FROM to DESTINATION` with the value of each cell, and whether a session opened. */
export function valuesOf({ matrix }: Report): Readonly<Record<string, string>> {
  const names = new Map(matrix.destinations.map(({ id, kind, name }) => [id, kind === 'target' ? name : kind]));
  return Object.fromEntries(
    matrix.rows.flatMap(({ target, cells }) =>
      cells.map(({ destinationId, value, session }) => [
        `${target} to ${names.get(destinationId) ?? ''}`,
        session === true ? `${value} (session)` : value,
      ]),
    ),
  );
}

/** Every violation and everything over-blocked has a finding that failed, and what is held has none, nor one that is open. */
export function expectAgreement({ matrix, findings }: Report): void {
  const byPrint = new Map(findings.map((finding) => [finding.fingerprint, finding]));
  for (const { target, cells } of matrix.rows) {
    for (const cell of cells) {
      const spoken = cell.findings.flatMap(({ fingerprint }) => byPrint.get(fingerprint) ?? []);
      const statuses = new Set(spoken.map(({ status }) => status));
      const about = JSON.stringify({
        target,
        cell,
        spoken: spoken.map(({ check, status, subject }) => `${check} ${status} ${subject}`),
      });
      expect(spoken.length, about).toBe(cell.findings.length);
      if (cell.value === 'violation') expect(statuses, about).toContain('fail');
      if (cell.value === 'held')
        for (const status of ['fail', 'inconclusive', 'error']) expect(statuses, about).not.toContain(status);
      if (cell.value === 'held' || cell.value === 'violation') expect(cell.endpoints, about).not.toEqual([]);
    }
  }
}
