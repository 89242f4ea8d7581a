import type { Check } from '../model/check.ts';
import type { ObservationKind } from '../model/observation.ts';

/** Only what the selected checks ask for is looked at. */
export function kindsOf(checks: readonly Check[]): ReadonlySet<ObservationKind> {
  return new Set(checks.flatMap(({ requires, uses }) => [...requires, ...(uses ?? [])]));
}
