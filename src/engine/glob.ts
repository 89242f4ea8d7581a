/**
 * Whether a text is what a pattern says, whole and case-sensitive: `*` is any text, also none, `?` any one character,
 * a backslash takes the next character as it is. Never slower than both lengths multiplied: no pattern is compiled.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const tokens = tokensOf(pattern);
  const characters = Array.from(text);
  let token = 0;
  let at = 0;
  let star = -1;
  let resume = 0;
  while (at < characters.length) {
    const wanted = tokens[token];
    if (wanted === ANY_TEXT) {
      star = token;
      token += 1;
      resume = at;
    } else if (wanted !== undefined && (wanted === ANY_ONE || wanted.literal === characters[at])) {
      token += 1;
      at += 1;
    } else if (star >= 0) {
      // The last star takes one character more; earlier stars need not be tried again.
      token = star + 1;
      resume += 1;
      at = resume;
    } else return false;
  }
  return tokens.slice(token).every((left) => left === ANY_TEXT);
}

const ANY_TEXT = { literal: undefined };
const ANY_ONE = { literal: undefined };

function tokensOf(pattern: string): readonly { readonly literal: string | undefined }[] {
  const characters = Array.from(pattern);
  const tokens: { readonly literal: string | undefined }[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at];
    if (character === '*') {
      if (tokens.at(-1) !== ANY_TEXT) tokens.push(ANY_TEXT);
    } else if (character === '?') tokens.push(ANY_ONE);
    else if (character === '\\' && at + 1 < characters.length) tokens.push({ literal: characters[(at += 1)] });
    else tokens.push({ literal: character });
  }
  return tokens;
}
