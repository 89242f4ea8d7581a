import type { MatrixCell, MatrixDestination, MatrixOthers, MatrixRow, MatrixValue, Report } from '../model/report.ts';
import { MATRIX_VALUES } from './console/theme.ts';

type Matrix = Report['matrix'];

/** What a row says of one destination, or of all other targets that it does not list. */
export type Reach = MatrixCell | MatrixOthers;

/** How many places say what. */
export type Tally = Readonly<Record<MatrixValue, number>>;

/** Whether anybody looked, or a finding says why not. */
export function wasTried({ rows }: Matrix): boolean {
  return rows.some(
    ({ cells, others }) =>
      (others !== undefined && others.findings.length > 0) ||
      cells.some(({ attempts, findings }) => attempts > 0 || findings.length > 0),
  );
}

/** What a row says of a destination, listed or not; nothing of itself. */
export function reachIn({ targetId, cells, others }: MatrixRow): (destination: MatrixDestination) => Reach | undefined {
  const own = new Map(cells.map((cell) => [cell.destinationId, cell]));
  return ({ id, kind }) => own.get(id) ?? (kind === 'target' && id !== targetId ? others : undefined);
}

/** Everything that a row says. */
export function reachesOf({ cells, others }: MatrixRow): readonly Reach[] {
  return others === undefined ? cells : [...cells, others];
}

/** What a row says of other targets. */
export function peersIn(row: MatrixRow, { destinations }: Matrix): readonly Reach[] {
  const places = new Set(destinations.filter(({ kind }) => kind !== 'target').map(({ id }) => id));
  return reachesOf(row).filter((reach) => 'targets' in reach || !places.has(reach.destinationId));
}

export function tallyOf(reaches: readonly Reach[]): Tally {
  const tally = { violation: 0, 'over-blocked': 0, unknown: 0, held: 0, 'as-declared-open': 0, 'not-there': 0 };
  for (const reach of reaches) tally[reach.value] += weightOf(reach);
  return tally;
}

function weightOf(reach: Reach): number {
  return 'targets' in reach ? reach.targets : 1;
}

/** The rows with the most violations first, then with the most that is over-blocked, then with the most that is unknown. */
export function worstFirst(rows: readonly MatrixRow[]): readonly MatrixRow[] {
  const tallies = new Map(rows.map((row) => [row, tallyOf(reachesOf(row))]));
  const difference = (a: MatrixRow, b: MatrixRow, value: MatrixValue): number =>
    (tallies.get(b)?.[value] ?? 0) - (tallies.get(a)?.[value] ?? 0);
  return rows.toSorted(
    (a, b) => difference(a, b, 'violation') || difference(a, b, 'over-blocked') || difference(a, b, 'unknown'),
  );
}

/** A place at which declared and observed differ, or nobody could look. */
export interface Difference {
  readonly from: string;
  /** `12 other targets`: those that the row does not list. */
  readonly to: string;
  readonly reach: Reach;
}

export interface Differences {
  readonly value: MatrixValue;
  /** Of places, listed or not. */
  readonly number: number;
  readonly shown: readonly Difference[];
  /** Places that are not among those shown. */
  readonly left: number;
}

const LISTED: readonly MatrixValue[] = ['violation', 'over-blocked', 'unknown'];

/** @param max how many are shown, the worst first; all are counted */
export function differencesOf({ destinations, rows }: Matrix, max: number): readonly Differences[] {
  const names = new Map(destinations.map(({ id, name }) => [id, name]));
  let room = max;
  return LISTED.map((value) => {
    const all = rows.flatMap((row) =>
      reachesOf(row).flatMap((reach) => (reach.value === value ? [{ from: row.target, reach }] : [])),
    );
    const kept = all.slice(0, room);
    room -= kept.length;
    const placesIn = (list: readonly { readonly reach: Reach }[]): number =>
      list.reduce((sum, { reach }) => sum + weightOf(reach), 0);
    const number = placesIn(all);
    return {
      value,
      number,
      left: number - placesIn(kept),
      shown: kept.map(({ from, reach }) => ({ from, reach, to: destinationOf(reach, names) })),
    };
  });
}

function destinationOf(reach: Reach, names: ReadonlyMap<string, string>): string {
  if (!('targets' in reach)) return names.get(reach.destinationId) ?? '';
  return `${reach.targets} other ${reach.targets === 1 ? 'target' : 'targets'}`;
}

/** The values that occur, the worst first. */
export function valuesIn(tally: Tally): readonly MatrixValue[] {
  return MATRIX_VALUES.filter((value) => tally[value] > 0);
}
