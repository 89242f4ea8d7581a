/**
 * What bodies of all sessions together may hold at a time, characters. The probe has a heap of 48 MB for hundreds of
 * attempts: a peer that fills it would end the attempts of all others with its own.
 */
const MAX_HELD = 6 << 20;
/** What a piece costs besides its characters: one may come in as many pieces as it has of them. */
const PIECE = 64;

let held = 0;

export interface Hold {
  /** `long`: more than this body may have. `full`: no room, which is no fault of this body's. */
  readonly take: (piece: string) => 'taken' | 'long' | 'full';
  /** Once nothing of it is kept any more; twice does no harm. */
  readonly release: () => void;
}

export function holdUpTo(length: number): Hold {
  let own = 0;
  let isOver = false;
  return {
    take: (piece) => {
      if (isOver) return 'long';
      const cost = piece.length + PIECE;
      if (own + cost > length) return 'long';
      if (held + cost > MAX_HELD) return 'full';
      own += cost;
      held += cost;
      return 'taken';
    },
    release: () => {
      held -= own;
      own = 0;
      isOver = true;
    },
  };
}

/** Objects, lists and their members: each costs the heap a hundred times its comma. A list of tools of 1 MiB has half as many. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 200;

/** `undefined` for what is no JSON, and for what would cost far more to hold than its text. */
export function parse(text: string): unknown {
  if (!isModest(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isModest(text: string): boolean {
  let nodes = 0;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (isText) {
      if (character === '\\') at += 1;
      else if (character === '"') isText = false;
      continue;
    }
    if (character === '"') isText = true;
    else if (character === ',') nodes += 1;
    else if (character === ']' || character === '}') depth -= 1;
    else if (character === '[' || character === '{') {
      nodes += 1;
      depth += 1;
    }
    if (nodes > MAX_NODES || depth > MAX_DEPTH) return false;
  }
  return true;
}

/** The first characters alone: what a slice is of stays in memory as long as the slice. */
export function head(text: string, length: number): string {
  return Buffer.from(text.slice(0, length)).toString();
}
