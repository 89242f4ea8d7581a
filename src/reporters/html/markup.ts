import { escapeText } from '../../model/text.ts';

/** Longer text of a report is cut: a page is read by people, `--format json` has everything. */
const MAX_TEXT = 2000;

/** Known to this file alone, so that no value of a report can claim to be markup. */
const MARKUP = Symbol('markup');

/** Text that is markup already. Only `markup` and `verbatim` make it. */
export interface Markup {
  readonly [MARKUP]: string;
}

/** What may stand in a template: strings and numbers become text, nothing becomes nothing. */
export type Part = string | number | undefined | Markup | readonly Part[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/**
 * The one way to markup: what stands in the template is markup, what is put into it is text. Safe in elements and in
 * quoted attributes; controls and invisible characters become `\uXXXX`, as on a terminal.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  let text = strings[0] ?? '';
  for (const [index, part] of parts.entries()) text += textOf(part) + (strings[index + 1] ?? '');
  return { [MARKUP]: text };
}

/** A file of ours, style or script, as the content of its element. Never anything of a report. */
export function verbatim(source: string): Markup {
  return { [MARKUP]: source };
}

export function textOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return entities(escapeText(part, MAX_TEXT));
  if (typeof part === 'number') return String(part);
  if (MARKUP in part) return part[MARKUP];
  return part.map(textOf).join('');
}

function entities(text: string): string {
  return /[&<>"'`]/.test(text) ? text.replace(/[&<>"'`]/g, (c) => ENTITIES[c] ?? '') : text;
}

/** Prose of a check: its line breaks taken out, what stands between backticks shown as code. */
export function prose(text: string): Markup {
  const pieces = text.replace(/\s+/g, ' ').trim().split('`');
  // An odd number of backticks: the last one is nothing but a backtick.
  if (pieces.length % 2 === 0) return markup`${text.replace(/\s+/g, ' ').trim()}`;
  return markup`${pieces.map((piece, index) => (index % 2 === 0 ? piece : markup`<code>${flags(piece)}</code>`))}`;
}

/** A line that ends behind a hyphen would make two words of one flag. */
function flags(code: string): readonly Part[] {
  return code
    .split(/((?<=^| )--?\w[\w-]{0,23}(?= |$))/)
    .map((part, index) => (index % 2 === 0 ? part : markup`<span class="flag">${part}</span>`));
}

/** At most `max` characters, for places where long names would push everything else away. */
export function short(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1)}…` : text;
}
