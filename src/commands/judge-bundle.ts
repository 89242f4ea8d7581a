import { gatheredChecks } from '../checks/registry.ts';
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
  const checks = choose(gatheredChecks(bundle));
  return (options) => reportOf(bundle, checks, options);
}
