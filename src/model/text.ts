/**
 * C0 and C1 controls, DEL, line separators, bidirectional and zero-width marks, lone surrogates:
 * everything that can move a cursor, hide text or reorder it in a terminal.
 */
const UNSAFE =
  // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Most text is this; to see that takes a tenth of the time. */
const PLAIN = /^[ -~]*$/;

/** Makes text from a container, a label or a file safe to print: controls become `\uXXXX`, the rest is cut at `max` characters. */
export function escapeText(value: string, max = 200): string {
  const cut = value.length > max ? `${value.slice(0, max)}…` : value;
  if (PLAIN.test(cut)) return cut;
  return cut.replace(UNSAFE, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
