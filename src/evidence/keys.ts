import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** An Ed25519 key takes a few hundred bytes. */
const MAX_BYTES = 64 * 1024;
const MAKE = '`openssl genpkey -algorithm ed25519 -out evidence.key.pem` makes one';
const PUBLISH = '`openssl pkey -in evidence.key.pem -pubout -out evidence.pub.pem` writes it';

export interface SigningKey {
  readonly key: KeyObject;
  readonly keyId: string;
  /** Others than its owner may read the file. */
  readonly exposed: boolean;
}

export interface VerifyingKey {
  readonly key: KeyObject;
  readonly keyId: string;
}

/**
 * Reads an Ed25519 private key, PKCS#8 in PEM. Nothing of it is ever part of a message.
 * @throws BulkheadError `key-unreadable` or `key-invalid`
 */
export async function readSigningKey(path: string, passphrase: string | undefined): Promise<SigningKey> {
  const where = escapeText(path);
  const { text, mode } = await readKeyFile(path, where);
  const label = labelOf(text, where, `Name a private key: PKCS#8 in PEM, Ed25519. ${MAKE}.`);
  if (label === 'PUBLIC KEY' || label === 'CERTIFICATE') {
    throw invalid(`${where} holds a public key, and only a private one signs.`, `Name the private key. ${MAKE}.`);
  }
  if (label !== 'PRIVATE KEY' && label !== 'ENCRYPTED PRIVATE KEY') {
    throw invalid(
      `${where} holds "${escapeText(label, 60)}", which is not PKCS#8.`,
      `An Ed25519 key in PKCS#8 is needed. ${MAKE}.`,
    );
  }
  const encrypted = label === 'ENCRYPTED PRIVATE KEY';
  if (encrypted && passphrase === undefined) {
    throw invalid(`${where} is encrypted.`, 'Give its passphrase in the variable BULKHEAD_KEY_PASSPHRASE.');
  }
  let key: KeyObject;
  try {
    key = createPrivateKey({ key: text, format: 'pem', ...(encrypted ? { passphrase } : {}) });
  } catch {
    // What the library says may speak of the key's content.
    throw encrypted
      ? invalid(`${where} could not be decrypted.`, 'Is BULKHEAD_KEY_PASSPHRASE the passphrase of this key?')
      : invalid(`${where} is not a private key.`, `Name a whole file. ${MAKE}.`);
  }
  requireEd25519(key, where, MAKE);
  // Windows has no such bits.
  const exposed = process.platform !== 'win32' && (mode & 0o077) !== 0;
  return { key, keyId: keyIdOf(createPublicKey(key)), exposed };
}

/**
 * Reads an Ed25519 public key, SPKI in PEM.
 * @throws BulkheadError `key-unreadable` or `key-invalid`
 */
export async function readVerifyingKey(path: string): Promise<VerifyingKey> {
  const where = escapeText(path);
  const { text } = await readKeyFile(path, where);
  const label = labelOf(text, where, `Name the public key of the signer, in PEM. ${PUBLISH}.`);
  if (label.endsWith('PRIVATE KEY')) {
    throw invalid(`${where} holds a private key, which only the signer should have.`, `Name the public one: ${PUBLISH}.`);
  }
  if (label !== 'PUBLIC KEY') {
    throw invalid(
      `${where} holds "${escapeText(label, 60)}", which is no public key.`,
      `Name the public key of the signer. ${PUBLISH}.`,
    );
  }
  let key: KeyObject;
  try {
    key = createPublicKey({ key: text, format: 'pem' });
  } catch {
    throw invalid(`${where} is not a public key.`, `Name a whole file. ${PUBLISH}.`);
  }
  requireEd25519(key, where, PUBLISH);
  return { key, keyId: keyIdOf(key) };
}

/** SHA-256 of the public key (SPKI, DER), hex. */
function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

function requireEd25519(key: KeyObject, where: string, hint: string): void {
  if (key.asymmetricKeyType === 'ed25519') return;
  throw invalid(`${where} is a key of type ${key.asymmetricKeyType ?? 'unknown'}: packs are signed with Ed25519.`, `${hint}.`);
}

/** What the one block of a PEM file says that it is. */
function labelOf(text: string, where: string, hint: string): string {
  const labels = [...text.matchAll(/^-----BEGIN ([A-Z0-9 ]{1,60})-----\r?$/gm)].map(([, label]) => label);
  const [label] = labels;
  if (label === undefined) throw invalid(`${where} is not PEM.`, hint);
  if (labels.length > 1) throw invalid(`${where} holds ${labels.length} PEM blocks, and one is needed.`, hint);
  return label;
}

async function readKeyFile(path: string, where: string): Promise<{ readonly text: string; readonly mode: number }> {
  try {
    // Without O_NONBLOCK, opening a pipe waits for ever.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) throw new Error('it is not a regular file');
    if (stat.size > MAX_BYTES) throw new Error(`it has ${stat.size} bytes, more than a key`);
    return { text: await file.readFile('utf8'), mode: stat.mode };
  } catch (error) {
    throw new BulkheadError('key-unreadable', `${where} could not be read: ${messageOf(error)}`, {
      hint: 'Name a file of a key that may be read.',
      cause: error,
    });
  }
}

function invalid(message: string, hint: string): BulkheadError {
  return new BulkheadError('key-invalid', message, { hint });
}
