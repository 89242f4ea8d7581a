/** Characters that are written at once: a report has pieces of a few, and each write waits for the one before. */
const BATCH = 1 << 16;

/** The same text in fewer pieces, none of them empty. */
export function* inBatches(pieces: Iterable<string>): Generator<string> {
  let batch: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    batch.push(piece);
    length += piece.length;
    if (length < BATCH) continue;
    yield batch.join('');
    batch = [];
    length = 0;
  }
  if (length > 0) yield batch.join('');
}
