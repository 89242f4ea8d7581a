import { COMPARISON_VERSION, type Comparison, type ComparisonRun, type PlatformComparison } from '../model/comparison.ts';
import { evaluate } from '../engine/evaluate.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { Check } from '../model/check.ts';
import type { Finding } from '../model/report.ts';
import { decideComparison } from './exit.ts';
import { comparisonRows, type RunFindings } from './rows.ts';
import { comparisonSettings } from './settings.ts';
import { platformVerdict } from './verdict.ts';

/** One platform's runs, each with the id of the container that was looked at. */
export interface PlatformRuns {
  readonly platform: string;
  readonly version?: string;
  readonly missing?: { readonly why: string; readonly hint: string };
  readonly runs: readonly (ComparisonRun & { readonly targetId?: string })[];
}

/** Lays the runs of each platform side by side. Pure. */
export function comparisonOf(
  bundle: ObservationBundle,
  checks: readonly Check[],
  image: string,
  platforms: readonly PlatformRuns[],
): Comparison {
  const findings = evaluate(bundle, checks);
  const compared = platforms.map((platform) => compareRuns(platform, bundle, findings));
  return {
    schemaVersion: COMPARISON_VERSION,
    tool: bundle.tool,
    session: bundle.session,
    startedAt: bundle.startedAt,
    finishedAt: bundle.finishedAt,
    interrupted: bundle.interrupted,
    engine: bundle.engine,
    options: bundle.options,
    image,
    platforms: compared,
    notes: [...bundle.notes],
    exit: decideComparison(compared, bundle),
  };
}

function compareRuns(
  { platform, version, missing, runs }: PlatformRuns,
  bundle: ObservationBundle,
  findings: readonly Finding[],
): PlatformComparison {
  const seen = runs.flatMap((run) => {
    const subject = bundle.targets.find(({ target }) => target.id === run.targetId);
    return subject === undefined ? [] : [{ run, observations: subject.observations }];
  });
  const rows = comparisonRows(
    seen.map(({ run }): RunFindings => ({
      id: run.id,
      declared: run.way !== 'defaults',
      references: referencesOf(run, runs),
      findings: findings.filter(({ targetId }) => targetId === run.targetId),
    })),
  );
  const shown = runs.map(({ targetId: _targetId, ...run }): ComparisonRun => run);
  const settings = comparisonSettings(seen.map(({ run, observations }) => ({ id: run.id, observations })));
  const { verdict, reasons } = missing === undefined ? platformVerdict(shown, rows) : NOTHING;
  return {
    platform,
    ...(version === undefined ? {} : { version }),
    ...(missing === undefined ? {} : { missing }),
    runs: shown,
    rows: [...rows],
    settings: [...settings],
    verdict,
    reasons: [...reasons],
  };
}

const NOTHING = { verdict: 'unknown', reasons: ['the platform could not be used'] } as const;

/** The defaults are what the others are compared with; without them, the other profiles are. */
function referencesOf(run: ComparisonRun, runs: readonly ComparisonRun[]): readonly string[] {
  const defaults = runs.filter(({ way }) => way === 'defaults');
  const others = (defaults.length > 0 ? defaults : runs).filter(({ id }) => id !== run.id);
  return others.map(({ id }) => id);
}
