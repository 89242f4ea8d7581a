/** Colours a text that holds no line break; applied after wrapping, so an escape sequence is never cut. */
export type Style = (text: string) => string;

export interface Span {
  readonly text: string;
  readonly style?: Style;
}

const MIN_WIDTH = 40;
const DEFAULT_WIDTH = 100;
/** However narrow the terminal, a column of text keeps this much. */
const MIN_COLUMN = 12;

const ASCII = /^[\x20-\x7e]*$/;
const MARK = /^[\p{Mn}\p{Me}]$/u;
const WIDE =
  /^(?:[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation})$/u;

/** A width that can be laid out; terminals without a size report 0 or nothing. */
export function usableWidth(width: number): number {
  return Number.isFinite(width) && width > 0 ? Math.max(Math.floor(width), MIN_WIDTH) : DEFAULT_WIDTH;
}

/** Columns that a terminal gives to a text: combining marks none, wide scripts and emoji two. */
export function columnsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let columns = 0;
  for (const character of text) columns += columnsOfCharacter(character);
  return columns;
}

function columnsOfCharacter(character: string): number {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Breaks at spaces, and inside a word only when it is wider than a whole line. Never empty. */
export function wrap(text: string, width: number): readonly string[] {
  const room = Math.max(width, MIN_COLUMN);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (word === '') continue;
    for (const [index, piece] of pieces(word, room).entries()) {
      if (index === 0 && line !== '' && columnsOf(line) + 1 + columnsOf(piece) <= room) {
        line += ` ${piece}`;
        continue;
      }
      if (line !== '') lines.push(line);
      line = piece;
    }
  }
  if (line !== '' || lines.length === 0) lines.push(line);
  return lines;
}

function pieces(word: string, width: number): readonly string[] {
  if (columnsOf(word) <= width) return [word];
  const parts: string[] = [];
  let part = '';
  let used = 0;
  for (const character of word) {
    const columns = columnsOfCharacter(character);
    if (used + columns > width) {
      parts.push(part);
      part = '';
      used = 0;
    }
    part += character;
    used += columns;
  }
  return [...parts, part];
}

/** One line of at most `width` columns; what does not fit ends in an ellipsis. */
export function clip(text: string, width: number): string {
  if (columnsOf(text) <= width) return text;
  let line = '';
  let used = 1;
  for (const character of text) {
    used += columnsOfCharacter(character);
    if (used > width) break;
    line += character;
  }
  return `${line.trimEnd()}…`;
}

/** A label, and the text beside it in a column of its own. */
export function hanging(label: Span, text: string, width: number, style?: Style): readonly string[] {
  const indent = columnsOf(label.text);
  return wrap(text, width - indent).map(
    (line, index) => (index === 0 ? paint(label) : ' '.repeat(indent)) + paint({ text: line, ...(style && { style }) }),
  );
}

/** Spans one after the other, broken between them; the later lines are indented by `indent`. */
export function flow(spans: readonly Span[], separator: string, indent: number, width: number): readonly string[] {
  const room = width - indent;
  const lines: string[] = [];
  let line = '';
  let used = 0;
  for (const { text, style } of spans) {
    for (const [index, piece] of wrap(text, room).entries()) {
      const columns = columnsOf(piece);
      const painted = paint({ text: piece, ...(style && { style }) });
      if (index === 0 && line !== '' && used + separator.length + columns <= room) {
        line += separator + painted;
        used += separator.length + columns;
        continue;
      }
      if (line !== '') lines.push(line);
      line = painted;
      used = columns;
    }
  }
  if (line !== '') lines.push(line);
  return lines.map((each) => ' '.repeat(indent) + each);
}

/** Spans like `flow`, in the column beside a label. */
export function beside(label: Span, spans: readonly Span[], separator: string, width: number): readonly string[] {
  const indent = columnsOf(label.text);
  return flow(spans, separator, indent, width).map((line, index) => (index === 0 ? paint(label) + line.slice(indent) : line));
}

/**
 * A command that still works when it is pasted: broken only at spaces outside quotes, with a backslash.
 * A word that is wider than the line stays whole, for the terminal to wrap.
 */
export function command(label: Span, text: string, width: number, style?: Style): readonly string[] {
  const indent = columnsOf(label.text);
  const room = Math.max(width - indent - 2, MIN_COLUMN);
  const lines: string[] = [];
  for (const word of shellWords(text)) {
    const last = lines.at(-1);
    if (last !== undefined && columnsOf(last) + 1 + columnsOf(word) <= room) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `  ${word}`);
  }
  return lines.map((line, index) => {
    const end = index < lines.length - 1 ? ' \\' : '';
    return (index === 0 ? paint(label) : ' '.repeat(indent)) + paint({ text: line + end, ...(style && { style }) });
  });
}

function shellWords(text: string): readonly string[] {
  return text.match(/(?:\\.|'[^']*'?|"(?:\\.|[^"\\])*"?|[^\s\\'"]|\\$)+/g) ?? [];
}

export function paint({ text, style }: Span): string {
  return style === undefined || text === '' ? text : style(text);
}
