/** The middle one; of an even number, the upper of the two. NaN of none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Median of the ratios of two series round by round, with the lowest and the highest: what ran side by side is compared. */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): { readonly middle: number; readonly text: string } {
  const ratios = ours.map((value, round) => value / (theirs[round] ?? Number.NaN));
  const middle = median(ratios);
  return { middle, text: `${middle.toFixed(2)} (${Math.min(...ratios).toFixed(2)}-${Math.max(...ratios).toFixed(2)})` };
}
