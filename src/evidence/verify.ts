import { createHash, verify } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract, pack, type Header, type Pack } from 'tar-stream';
import { BulkheadError, messageOf } from '../errors.ts';
import type { EvidenceManifest, PackedFile } from '../model/evidence.ts';
import { escapeText } from '../model/text.ts';
import { ENTRY, tarBytes } from './archive.ts';
import type { VerifyingKey } from './keys.ts';
import { MANIFEST, MAX_MANIFEST_BYTES, parseManifest, SIGNATURE } from './manifest.ts';
import { hashOf } from './run.ts';

/** What is wrong with a pack, in a word for programs and a sentence for people. */
export interface PackProblem {
  readonly code:
    | 'archive'
    | 'signature'
    | 'manifest'
    | 'extra'
    | 'missing'
    | 'duplicate'
    | 'order'
    | 'entry'
    | 'size'
    | 'hash'
    | 'previous';
  /** The file that it is about; escaped. */
  readonly path?: string;
  readonly message: string;
}

export interface PackVerdict {
  /** Empty: nothing is wrong with it. Cut short. */
  readonly problems: readonly PackProblem[];
  /** How many problems are not listed. */
  readonly unlisted: number;
  /** Absent unless the signature over it is good. */
  readonly manifest?: EvidenceManifest;
  /** SHA-256 of the manifest; absent like it. */
  readonly manifestHash?: string;
}

/** So many are told. */
const MAX_PROBLEMS = 50;
/** What the archive may hold beyond its manifest, so that a file that is too much can be named. */
const SLACK_BYTES = 1024 * 1024;

/** Ends the reading: what is wrong has been told, or enough was read. */
class Stop extends Error {}

type Entries = ReturnType<ReturnType<typeof extract>[typeof Symbol.asyncIterator]>;
type Entry = Extract<Awaited<ReturnType<Entries['next']>>, { done?: false }>['value'];

/**
 * Checks a pack: first the signature over its manifest, then every file against the manifest. Nothing is unpacked, and
 * nothing that was not signed is read beyond a bound. The key has to come from somewhere else than the pack: whoever
 * makes a pack can put any key into it.
 * @throws BulkheadError `evidence-unreadable` when the file cannot be read at all
 */
export async function verifyPack(path: string, key: VerifyingKey): Promise<PackVerdict> {
  const problems: PackProblem[] = [];
  let unlisted = 0;
  const tell: Tell = (code, message, file) => {
    if (problems.length === MAX_PROBLEMS) unlisted += 1;
    else problems.push({ code, ...(file === undefined ? {} : { path: escapeText(file) }), message });
  };
  let signed: SignedManifest | undefined;
  await readArchive(path, tell, async (entries, allow) => {
    signed = await readSigned(entries, key, tell);
    const { files } = signed.manifest;
    allow(tarBytes([signed.bytes.length, signed.signature.length, ...files.map(({ bytes }) => bytes)]) + SLACK_BYTES);
    return readFiles(entries, signed, tell);
  });
  return {
    problems,
    unlisted,
    ...(signed === undefined ? {} : { manifest: signed.manifest, manifestHash: hashOf(signed.bytes) }),
  };
}

/** The manifest of a pack, its signature not yet looked at. @throws BulkheadError `evidence-unreadable`, `evidence-invalid` */
export async function readHead(path: string): Promise<{ readonly bytes: Buffer; readonly signature: Buffer }> {
  const problems: string[] = [];
  const tell: Tell = (_, message) => void problems.push(message);
  let head: { readonly bytes: Buffer; readonly signature: Buffer } | undefined;
  await readArchive(path, tell, async (entries) => {
    head = await headOf(entries, tell);
    throw new Stop();
  });
  if (head !== undefined) return head;
  throw new BulkheadError('evidence-invalid', `${escapeText(path)} is no evidence pack: ${problems[0] ?? 'it has no manifest'}`, {
    hint: 'Name a file that `bulkhead evidence` wrote.',
  });
}

export function isSigned(bytes: Uint8Array, signature: Uint8Array, { key }: VerifyingKey): boolean {
  return verify(null, bytes, key, signature);
}

type Tell = (code: PackProblem['code'], message: string, file?: string) => void;

/** Opens an archive and lets `read` go through its entries; `read` answers the hash of the tar that they should make. */
async function readArchive(
  path: string,
  tell: Tell,
  read: (entries: Entries, allow: (bytes: number) => void) => Promise<string | undefined>,
): Promise<void> {
  const where = escapeText(path);
  await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(where, error);
  });
  const stat = await file.stat();
  if (!stat.isFile()) throw unreadable(where, new Error('it is not a regular file'));
  const seen = createHash('sha256');
  const source = file.createReadStream({ autoClose: false });
  const gunzip = createGunzip();
  const tar = extract();
  // The manifest says how much there is; until it is read, what a manifest may have at the most.
  let limit = MAX_MANIFEST_BYTES + 16 * SLACK_BYTES;
  let total = 0;
  const feeding = pipeline(
    source,
    gunzip,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        total += chunk.length;
        if (total > limit) throw new Error('it holds more than its manifest says');
        seen.update(chunk);
        yield chunk;
      }
    },
    tar,
  );
  const fed = feeding.then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    const expected = await read(tar[Symbol.asyncIterator](), (bytes) => (limit = bytes));
    await feeding;
    if (gunzip.bytesWritten !== stat.size)
      tell('archive', `${stat.size - gunzip.bytesWritten} bytes follow the end of the archive.`);
    if (expected !== undefined && expected !== seen.digest('hex')) {
      tell('archive', 'The files are as they were signed, but the archive around them is not as bulkhead writes it.');
    }
  } catch (error) {
    tar.destroy();
    const cause = (await fed) ?? error;
    if (error instanceof Stop) return;
    if (cause instanceof Error && 'syscall' in cause) throw unreadable(where, cause);
    tell('archive', `The archive is cut off or damaged: ${escapeText(messageOf(error instanceof Error ? error : cause))}.`);
  } finally {
    source.destroy();
  }
}

interface SignedManifest {
  readonly bytes: Buffer;
  readonly signature: Buffer;
  readonly manifest: EvidenceManifest;
}

async function readSigned(entries: Entries, key: VerifyingKey, tell: Tell): Promise<SignedManifest> {
  const { bytes, signature } = await headOf(entries, tell);
  if (!isSigned(bytes, signature, key)) {
    tell('signature', `The signature is not one of this key over this manifest.${claimOf(bytes, key)}`);
    throw new Stop();
  }
  const parsed = parseManifest(bytes.toString('utf8'));
  if ('problem' in parsed) {
    tell('manifest', parsed.problem);
    throw new Stop();
  }
  if (parsed.manifest.signature.keyId !== key.keyId) {
    tell('manifest', `The manifest names another key, ${parsed.manifest.signature.keyId}, than the one that signed it.`);
  }
  return { bytes, signature, manifest: parsed.manifest };
}

/** The first two entries. */
async function headOf(entries: Entries, tell: Tell): Promise<{ readonly bytes: Buffer; readonly signature: Buffer }> {
  return {
    bytes: await headEntry(entries, MANIFEST, MAX_MANIFEST_BYTES, tell),
    signature: await headEntry(entries, SIGNATURE, 64, tell),
  };
}

async function headEntry(entries: Entries, name: string, max: number, tell: Tell): Promise<Buffer> {
  const { value: entry, done } = await entries.next();
  if (done === true) tell('missing', `There is no ${name}: this is no whole evidence pack.`, name);
  else if (entry.header.name !== name) {
    tell(
      'entry',
      `${escapeText(entry.header.name)} stands where ${name} has to be: this is no evidence pack.`,
      entry.header.name,
    );
  } else if (!isPlain(entry.header)) tell('entry', `${name} is not a plain file.`, name);
  else if (entry.header.size > max) tell('size', `${name} has ${entry.header.size} bytes, and may have ${max}.`, name);
  else {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
    return Buffer.concat(chunks);
  }
  throw new Stop();
}

/** What an unsigned manifest says of its key: a wrong key and a changed manifest are told apart by it, if anybody is honest. */
function claimOf(bytes: Buffer, { keyId }: VerifyingKey): string {
  const claim = /"keyId":"([0-9a-f]{64})"/.exec(bytes.toString('latin1'))?.[1];
  if (claim === undefined) return '';
  return claim === keyId
    ? ' The manifest names this key: it or its signature was changed.'
    : ` The manifest claims the key ${claim}; the one given is ${keyId}.`;
}

async function readFiles(
  entries: Entries,
  { bytes, signature, manifest }: SignedManifest,
  tell: Tell,
): Promise<string | undefined> {
  const files = new Map(manifest.files.map((file, index) => [file.path, { file, index }]));
  const again = repack();
  const seen = new Set<string>();
  let good = true;
  let last = -1;
  const wrong: Tell = (...problem) => {
    good = false;
    tell(...problem);
  };
  try {
    again.tar.entry({ ...ENTRY, name: MANIFEST }, bytes);
    again.tar.entry({ ...ENTRY, name: SIGNATURE }, signature);
    for (let next = await entries.next(); next.done !== true; next = await entries.next()) {
      const entry = next.value;
      const { name } = entry.header;
      const known = files.get(name);
      if (known === undefined) {
        wrong('extra', `${escapeText(name)} is not in the manifest.`, name);
        if (!isPlain(entry.header)) throw new Stop();
        await drain(entry);
        continue;
      }
      if (seen.has(name)) wrong('duplicate', `${name} is there twice.`, name);
      else if (known.index < last) wrong('order', `${name} is not where the manifest has it.`, name);
      seen.add(name);
      last = Math.max(last, known.index);
      await readFile(entry, known.file, again.tar, wrong);
    }
    for (const { path } of manifest.files) if (!seen.has(path)) wrong('missing', `${path} is missing.`, path);
    if (!good) return undefined;
    again.tar.finalize();
    return await again.hash;
  } finally {
    again.tar.destroy();
  }
}

async function readFile(entry: Entry, file: PackedFile, again: Pack, wrong: Tell): Promise<void> {
  const { path } = file;
  if (!isPlain(entry.header)) {
    wrong('entry', `${path} is not a plain file.`, path);
    throw new Stop();
  }
  if (entry.header.size !== file.bytes) {
    wrong('size', `${path} has ${entry.header.size} bytes, and the manifest says ${file.bytes}.`, path);
    return drain(entry);
  }
  const hash = createHash('sha256');
  await pipeline(
    entry as AsyncIterable<Uint8Array>,
    async function* (chunks) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        yield chunk;
      }
    },
    again.entry({ ...ENTRY, name: path, size: file.bytes }),
  );
  const sha256 = hash.digest('hex');
  if (sha256 !== file.sha256) wrong('hash', `${path} has the SHA-256 ${sha256}, and the manifest says ${file.sha256}.`, path);
}

/** The tar that the entries should make, as a hash: whatever else an archive holds between them shows. */
function repack(): { readonly tar: Pack; readonly hash: Promise<string> } {
  const tar = pack();
  const hash = createHash('sha256');
  const done = (async () => {
    for await (const chunk of tar as AsyncIterable<Uint8Array>) hash.update(chunk);
    return hash.digest('hex');
  })();
  done.catch(() => undefined);
  return { tar, hash: done };
}

/** What else there is, or has no size, may have no end: an archive is not read beyond it. */
function isPlain({ type, linkname, size }: Header): boolean {
  return type === 'file' && !linkname && Number.isSafeInteger(size);
}

async function drain(entry: Entry): Promise<void> {
  for await (const chunk of entry as AsyncIterable<Uint8Array>) void chunk;
}

function unreadable(where: string, cause: unknown): BulkheadError {
  return new BulkheadError('evidence-unreadable', `${where} could not be read: ${messageOf(cause)}`, {
    hint: 'Name a file that `bulkhead evidence` wrote.',
    cause,
  });
}
