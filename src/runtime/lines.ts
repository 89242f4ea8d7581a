import { StringDecoder } from 'node:string_decoder';

/**
 * Splits a byte stream into lines. Decodes across chunk borders once; a line longer than `maxBytes`
 * calls `overflow` and is dropped.
 */
export function lineReader(maxBytes: number, line: (text: string) => void, overflow: () => void): (chunk: Buffer) => boolean {
  const decoder = new StringDecoder('utf8');
  let parts: string[] = [];
  let length = 0;
  return (chunk) => {
    const pieces = decoder.write(chunk).split('\n');
    for (const [index, piece] of pieces.entries()) {
      if (index > 0) {
        const text = parts.join('');
        parts = [];
        length = 0;
        if (text !== '') line(text);
      }
      parts.push(piece);
      length += piece.length;
      if (length > maxBytes) {
        parts = [];
        length = 0;
        overflow();
      }
    }
    return true;
  };
}
