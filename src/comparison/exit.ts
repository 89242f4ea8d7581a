import { EXIT, type ExitDecision } from '../engine/exit-code.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { PlatformComparison } from '../model/comparison.ts';

/** 0: every platform enforces. 1: one is cosmetic or partial. 3: one could not be decided or is not installed. */
export function decideComparison(
  platforms: readonly Pick<PlatformComparison, 'platform' | 'verdict'>[],
  { interrupted, engineFailure }: Pick<ObservationBundle, 'interrupted' | 'engineFailure'>,
): ExitDecision {
  if (interrupted) return { code: EXIT.interrupted, reason: 'The run was interrupted; what was finished is in the report.' };
  if (engineFailure !== undefined) return { code: EXIT.engine, reason: engineFailure };
  const of = (...verdicts: readonly PlatformComparison['verdict'][]): string =>
    platforms
      .filter(({ verdict }) => verdicts.includes(verdict))
      .map(({ platform, verdict }) => `${platform} (${verdict})`)
      .join(', ');
  const weak = of('cosmetic', 'partial');
  if (weak !== '') return { code: EXIT.violation, reason: `Profiles are not enforced by ${weak}.` };
  const open = of('unknown');
  if (open !== '' || platforms.length === 0) return { code: EXIT.inconclusive, reason: `Not decided: ${open || 'nothing ran'}.` };
  return { code: EXIT.clean, reason: 'Every platform enforces the profile.' };
}
