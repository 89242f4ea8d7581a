import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { MAX_BUNDLE_BYTES } from '../store/bundle-file.ts';
import { damaged } from './sqlite.ts';

/** A text as it is kept: named by what it says. */
export interface Content {
  /** SHA-256 of the text in UTF-8, hex. */
  readonly hash: string;
  /** Length of the text in UTF-8. */
  readonly bytes: number;
  readonly gzip: Uint8Array;
}

export async function pack(text: string): Promise<Content> {
  const plain = Buffer.from(text);
  return { hash: hashOf(plain), bytes: plain.length, gzip: await promisify(gzip)(plain) };
}

/**
 * @param file of the history, for the message
 * @throws BulkheadError `history-failed` where it is not what was put in
 */
export async function unpack({ hash, bytes, gzip: packed }: Content, file: string): Promise<string> {
  const plain = await promisify(gunzip)(packed, { maxOutputLength: Math.max(1, Math.min(bytes, MAX_BUNDLE_BYTES)) }).catch(
    (error: unknown) => {
      throw damaged(file, `content ${hash} cannot be unpacked: ${escapeText(messageOf(error))}`, error);
    },
  );
  if (hashOf(plain) !== hash) throw damaged(file, `content ${hash} is not what was recorded`);
  return plain.toString('utf8');
}

function hashOf(plain: Uint8Array): string {
  return createHash('sha256').update(plain).digest('hex');
}
