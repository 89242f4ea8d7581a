import type { ComparisonRow, ComparisonRun, ComparisonVerdict, RowVerdict } from '../model/comparison.ts';

/** The rows of one verdict, each as far as one run says it. */
interface RunRow {
  readonly subject: string;
  readonly verdict: RowVerdict;
  readonly referenceReaches: boolean;
  /** Something is declared about it, and it was seen to be reached or held. */
  readonly decided: boolean;
}

export interface Judged {
  readonly verdict: ComparisonVerdict;
  /** Sentences: the rows that decided. */
  readonly reasons: readonly string[];
}

const SHOWN = 6;

/**
 * Over all rows of a platform. The run with the explicit profile decides whether the platform's profiles do anything;
 * full isolation, which many platforms get from the engine, can only take from that verdict and never give to it.
 */
export function platformVerdict(runs: readonly ComparisonRun[], rows: readonly ComparisonRow[]): Judged {
  const failed = runs.filter(({ failure }) => failure !== undefined);
  const declared = runs.filter((run) => run.way !== 'defaults' && run.failure === undefined);
  const judged = declared.map((run) => ({ run, ...runVerdict(run, rows) }));
  const profiles = judged.filter(({ run }) => run.way === 'profile');
  const deciding = profiles.length > 0 ? profiles : judged;
  const reasons = [
    ...failed.map(({ id, failure }) => `${id} did not start: ${failure ?? ''}`),
    ...judged.flatMap(({ run, reasons: own }) => own.map((reason) => `${run.id}: ${reason}`)),
  ];
  const verdicts = judged.map(({ verdict }) => verdict);
  if (deciding.length > 0 && deciding.every(({ verdict }) => verdict === 'cosmetic')) return { verdict: 'cosmetic', reasons };
  if (verdicts.includes('partial') || (verdicts.includes('cosmetic') && verdicts.includes('enforced'))) {
    return { verdict: 'partial', reasons };
  }
  if (failed.length > 0 || verdicts.length === 0 || verdicts.includes('unknown')) return { verdict: 'unknown', reasons };
  return { verdict: verdicts.includes('cosmetic') ? 'partial' : 'enforced', reasons };
}

/** What one declared run shows. */
export function runVerdict(run: ComparisonRun, rows: readonly ComparisonRow[]): Judged {
  const own = rows.flatMap((row) => runRow(run, row));
  const of = (...verdicts: readonly RowVerdict[]): readonly RunRow[] => own.filter(({ verdict }) => verdicts.includes(verdict));
  const same = of('does-not-differ');
  const more = of('more-open');
  const over = of('over-blocked');
  const held = of('differs-as-declared');
  const open = of('undecided');
  const reasons = [
    ...sentence('does not differ, although declared closed', same),
    ...sentence('more open than declared', more),
    ...sentence('declared and held back', over),
    ...sentence('not decided', open),
    ...sentence('differs as declared', held),
    ...sentence('as declared in all runs', of('as-declared')),
  ];
  // Rows in which nothing could be reached, or about which nothing is declared, show no enforcement.
  if (!own.some(({ decided }) => decided) && open.length === 0)
    return { verdict: 'unknown', reasons: ['nothing that is declared was observed'] };
  if (same.length + more.length > 0) {
    if (held.length > 0) return { verdict: 'partial', reasons };
    // A row that nobody could decide may be the one that holds.
    return { verdict: open.some(({ referenceReaches }) => referenceReaches) ? 'unknown' : 'cosmetic', reasons };
  }
  if (open.length > 0) return { verdict: 'unknown', reasons };
  if (over.length > 0) return { verdict: 'partial', reasons };
  return { verdict: 'enforced', reasons };
}

function runRow(run: ComparisonRun, { subject, cells }: ComparisonRow): readonly RunRow[] {
  const cell = cells.find((candidate) => candidate.run === run.id);
  if (cell?.verdict === undefined) return [];
  const referenceReaches = cells.some((other) => other.run !== run.id && other.observed === 'reached');
  const decided = cell.expected !== 'nothing' && (cell.observed === 'reached' || cell.observed === 'held');
  return [{ subject, verdict: cell.verdict, referenceReaches, decided }];
}

function sentence(what: string, rows: readonly RunRow[]): readonly string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, SHOWN).map(({ subject }) => subject);
  const rest = rows.length - shown.length;
  return [`${what}: ${shown.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`];
}
