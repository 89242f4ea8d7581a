/** Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours. */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Infinity;
      rows[i]?.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + change, swapped));
    }
  }
  return at(a.length, b.length);
}

/** `allowHosts`, `Allow-Host` and `allow_host` differ in nothing that matters. */
function folded(word: string): string {
  return word.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** The known word that was probably meant, if one is near: at most two slips, fewer in short words. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > 64) return undefined;
  const ranked = known
    .map((candidate) => ({ candidate, slips: distance(folded(word), folded(candidate)) }))
    .filter(({ candidate, slips }) => slips <= Math.min(2, Math.floor(folded(candidate).length / 3)))
    .toSorted((a, b) => a.slips - b.slips);
  return ranked[0]?.candidate;
}
