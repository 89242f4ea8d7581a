/** Tells apart what would have the same name: the second is `NAME #2`. In the order of the calls, so stable across runs. */
export function distinctNames(separator = ' #'): (name: string) => string {
  const used = new Set<string>();
  const next = new Map<string, number>();
  return (name) => {
    let number = next.get(name) ?? 1;
    let candidate = number === 1 ? name : `${name}${separator}${number}`;
    while (used.has(candidate)) candidate = `${name}${separator}${(number += 1)}`;
    next.set(name, number + 1);
    used.add(candidate);
    return candidate;
  };
}
