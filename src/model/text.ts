/**
 * C0 and C1 controls, DEL, line separators, bidirectional and zero-width marks, lone surrogates:
 * everything that can move a cursor, hide text or reorder it in a terminal.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|#(?=#\w*\[)/g;

/** Most text is this; to see that takes a tenth of the time. */
const PLAIN = /^[ -"$-~]*$/;

/**
 * Makes text from a container, a label or a file safe to print: controls become `\uXXXX`, the rest is cut at `max` characters.
 * So does the first sign of `##[` and `##vso[`: wherever they stand in a line, a log of GitHub or Azure takes them for commands.
 */
export function escapeText(value: string, max = 200): string {
  const cut = value.length > max ? `${value.slice(0, max)}…` : value;
  return PLAIN.test(cut) ? cut : cut.replace(UNSAFE, escaped);
}

/** What chalk may have put between two characters. */
const STYLE = String.raw`(?:\u001b\[[\d;]*m)`;
const COMMANDS = new RegExp(
  `(?<=^(?:[^\\S\\n]|${STYLE})*):(?=${STYLE}*:${STYLE}*[a-z])|#(?=${STYLE}*#${STYLE}*\\w*${STYLE}*\\[)`,
  'gimu',
);

/**
 * Lines of which a log takes none for a command. GitHub does so where a line begins with `::name`, after spaces too, and
 * what was wrapped may begin with anything.
 */
export function inertLines(text: string): string {
  return text.replace(COMMANDS, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** `1 failure`, `2 failures`. */
export function count(number: number, singular: string, plural = `${singular}s`): string {
  return `${number} ${number === 1 ? singular : plural}`;
}
