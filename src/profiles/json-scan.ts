/** A place where a text is not JSON, or is JSON that readers take differently. */
export interface JsonFault {
  /** Index in the text, in UTF-16 units. */
  readonly offset: number;
  readonly what: string;
}

/** ToolHive's format is five deep. Deeper is no profile, and the scan is recursive. */
const MAX_DEPTH = 32;

const WHITE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const WORD = /(?:true|false|null)(?!\w)/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Finds the first fault of a JSON text (RFC 8259). JSON.parse does not say where it stopped, and takes the
 * last of two equal keys where other readers merge them: a profile that two readers read differently is refused.
 */
export function findJsonFault(text: string): JsonFault | undefined {
  try {
    const end = skipWhite(text, scanValue(text, skipWhite(text, 0), 0));
    if (end < text.length) stop(end, `unexpected ${named(text, end)} after the end of the value`);
    return undefined;
  } catch (error) {
    if (error instanceof Stop) return error.fault;
    throw error;
  }
}

/** Line and column of an offset, both from 1; columns count characters. */
export function lineAndColumn(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset).split(/\r\n|\n|\r/);
  return { line: before.length, column: Array.from(before.at(-1) ?? '').length + 1 };
}

class Stop extends Error {
  readonly fault: JsonFault;
  constructor(fault: JsonFault) {
    super(fault.what);
    this.fault = fault;
  }
}

function stop(offset: number, what: string): never {
  throw new Stop({ offset, what });
}

function matchAt(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function skipWhite(text: string, at: number): number {
  return matchAt(WHITE, text, at) ?? at;
}

/** Returns the offset behind the value. */
function scanValue(text: string, at: number, depth: number): number {
  if (depth > MAX_DEPTH) stop(at, `nested more than ${MAX_DEPTH} deep`);
  switch (text.charAt(at)) {
    case '{':
      return scanObject(text, at, depth);
    case '[':
      return scanArray(text, at, depth);
    case '"':
      return scanString(text, at);
    default:
      return matchAt(WORD, text, at) ?? matchAt(NUMBER, text, at) ?? stop(at, `expected a value, found ${named(text, at)}`);
  }
}

function scanObject(text: string, start: number, depth: number): number {
  const keys = new Set<string>();
  let at = skipWhite(text, start + 1);
  if (text[at] === '}') return at + 1;
  for (;;) {
    if (text[at] !== '"') stop(at, `expected a key in double quotes, found ${named(text, at)}`);
    const end = scanString(text, at);
    const key = JSON.parse(text.slice(at, end)) as string;
    if (keys.has(key)) stop(at, 'the same key twice in one object, which readers take differently');
    keys.add(key);
    at = skipWhite(text, end);
    if (text[at] !== ':') stop(at, `expected a colon, found ${named(text, at)}`);
    at = skipWhite(text, scanValue(text, skipWhite(text, at + 1), depth + 1));
    if (text[at] === '}') return at + 1;
    if (text[at] !== ',') stop(at, `expected a comma or }, found ${named(text, at)}`);
    at = skipWhite(text, at + 1);
  }
}

function scanArray(text: string, start: number, depth: number): number {
  let at = skipWhite(text, start + 1);
  if (text[at] === ']') return at + 1;
  for (;;) {
    at = skipWhite(text, scanValue(text, at, depth + 1));
    if (text[at] === ']') return at + 1;
    if (text[at] !== ',') stop(at, `expected a comma or ], found ${named(text, at)}`);
    at = skipWhite(text, at + 1);
  }
}

/** A loop and no pattern: a repeated group would need stack for every character of a long text. */
function scanString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') {
    if (at >= text.length) stop(at, 'a text that is not closed');
    if (text.charCodeAt(at) < 0x20) stop(at, `${named(text, at)} inside a text`);
    if (text[at] === '\\') at = matchAt(ESCAPE, text, at) ?? stop(at, 'an escape that JSON does not have');
    else at += 1;
  }
  return at + 1;
}

function named(text: string, at: number): string {
  const code = text.codePointAt(at);
  if (code === undefined) return 'the end of the file';
  if (code === 0x0a || code === 0x0d) return 'the end of the line';
  const visible = code > 0x20 && code < 0x7f;
  return visible ? String.fromCodePoint(code) : `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
