import { cut } from './cut.ts';

/**
 * Text as a code span: no emphasis, link, mention or HTML begins in one. A bar would end the cell of a table even there,
 * so it becomes a broken one.
 */
export function code(text: string, max = 200): string {
  const shown = cut(text.replace(/\s+/g, ' ').trim(), max).replaceAll('|', '¦');
  if (shown === '') return '–';
  const fence = '`'.repeat(longestRun(shown) + 1);
  return fence.length === 1 ? `${fence}${shown}${fence}` : `${fence} ${shown} ${fence}`;
}

/** Lines as a code block that none of them can end. */
export function codeBlock(lines: readonly string[]): string {
  const text = lines.map((line) => line.replace(/\s+/g, ' ')).join('\n');
  const fence = '`'.repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}

/** Text as a sentence between others: what could be syntax is a character reference, what could link is broken. */
export function plain(text: string, max = 400): string {
  return cut(text.replace(/\s+/g, ' ').trim(), max)
    .replace(/[^\p{L}\p{M}\p{N}\p{S} ,.;()'’?…·–-]|[`^$+=<>|~]/gu, (char) => `&#${char.codePointAt(0) ?? 0};`)
    .replaceAll('&#64;', '&#64;<!-- -->')
    .replaceAll('&#35;', '&#35;<!-- -->')
    .replace(/\bwww\./gi, (www) => `${www.slice(0, 3)}<!-- -->.`);
}

const encoder = new TextEncoder();

/** What limits count, at the most: bytes in UTF-8. */
export function sizeOf(text: string): number {
  return encoder.encode(text).length;
}

export interface Share<T> {
  readonly kept: readonly T[];
  readonly size: number;
}

/**
 * As many items as fit, in their order: everybody's first comes before anybody's second, so that one noisy target
 * leaves room for the others.
 */
export function fairShare<T>(items: readonly T[], owner: (item: T) => string, size: (item: T) => number, room: number): Share<T> {
  const turns = new Map<string, number>();
  const byTurn = items.map((item, index) => {
    const turn = turns.get(owner(item)) ?? 0;
    turns.set(owner(item), turn + 1);
    return { item, index, turn };
  });
  byTurn.sort((a, b) => a.turn - b.turn || a.index - b.index);
  let used = 0;
  const kept: { readonly item: T; readonly index: number }[] = [];
  for (const { item, index } of byTurn) {
    const more = size(item);
    if (used + more > room) break;
    used += more;
    kept.push({ item, index });
  }
  return { kept: kept.toSorted((a, b) => a.index - b.index).map(({ item }) => item), size: used };
}
