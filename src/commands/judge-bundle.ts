import { CHECKS } from '../checks/registry.ts';
import { reportOf, type ReportOptions } from '../engine/report.ts';
import type { ObservationBundle } from '../model/bundle.ts';
import type { Check } from '../model/check.ts';
import type { Report } from '../model/report.ts';
import { loadBundle } from '../store/bundle-file.ts';

/** Reads a bundle, to be judged by those of its checks that are chosen. */
export async function judgeBundle(
  path: string,
  choose: (gathered: readonly Check[]) => readonly Check[],
): Promise<(options: ReportOptions) => Report> {
  return judgeOf(await loadBundle(path), choose);
}

export function judgeOf(
  bundle: ObservationBundle,
  choose: (gathered: readonly Check[]) => readonly Check[],
): (options: ReportOptions) => Report {
  // Evidence was gathered for some checks; asking the others would only say so many times.
  const gathered = CHECKS.filter(({ meta }) => bundle.options.checks.includes(meta.id));
  const checks = choose(gathered);
  return (options) => reportOf(bundle, checks, options);
}
