import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSigningKey, readVerifyingKey } from '../../../src/evidence/keys.ts';

const ed25519 = generateKeyPairSync('ed25519');
const PASSPHRASE = 'correct horse';

function privatePem(key: KeyObject, passphrase?: string): string {
  const encrypted = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase };
  return key.export({ type: 'pkcs8', format: 'pem', ...encrypted }) as string;
}

describe('keys', () => {
  let directory: string;
  beforeAll(async () => (directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-keys-'))));
  afterAll(async () => rm(directory, { recursive: true, force: true }));

  async function file(text: string, mode = 0o600): Promise<string> {
    const name = path.join(directory, 'key.pem');
    await writeFile(name, text);
    await chmod(name, mode);
    return name;
  }

  it('a private key and its public key have one id, which openssl can say too', async () => {
    const keyId = createHash('sha256')
      .update(ed25519.publicKey.export({ type: 'spki', format: 'der' }))
      .digest('hex');
    const signing = await readSigningKey(await file(privatePem(ed25519.privateKey)), undefined);
    expect(signing).toMatchObject({ keyId, exposed: false });
    const publicPem = createPublicKey(signing.key).export({ type: 'spki', format: 'pem' }) as string;
    expect(await readVerifyingKey(await file(publicPem))).toMatchObject({ keyId });
  });

  it('an encrypted key takes its passphrase, and no other', async () => {
    const name = await file(privatePem(ed25519.privateKey, PASSPHRASE));
    expect((await readSigningKey(name, PASSPHRASE)).key.asymmetricKeyType).toBe('ed25519');
    await expect(readSigningKey(name, undefined)).rejects.toMatchObject({
      hint: expect.stringContaining('BULKHEAD_KEY_PASSPHRASE'),
    });
    await expect(readSigningKey(name, 'wrong')).rejects.toMatchObject({
      code: 'key-invalid',
      message: expect.stringMatching(/^(?!.*wrong).*decrypted/),
    });
  });

  it('says when others may read it', async ({ skip }) => {
    skip(process.platform === 'win32', 'files have no such bits there');
    expect((await readSigningKey(await file(privatePem(ed25519.privateKey), 0o640), undefined)).exposed).toBe(true);
  });

  const publicPem = ed25519.publicKey.export({ type: 'spki', format: 'pem' }) as string;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  it.each<readonly [string, string, RegExp]>([
    ['a public key', publicPem, /public key, and only a private one signs/],
    ['RSA', privatePem(rsa.privateKey), /type rsa/],
    [
      'RSA in PKCS#1',
      rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }) as string,
      /"RSA PRIVATE KEY", which is not PKCS#8/,
    ],
    ['a curve of NIST', privatePem(ec.privateKey), /type ec/],
    ['X25519', privatePem(generateKeyPairSync('x25519').privateKey), /type x25519/],
    ['nothing', '', /not PEM/],
    ['a block that is cut off', privatePem(ed25519.privateKey).slice(0, 60), /not a private key/],
    ['two keys', privatePem(ed25519.privateKey) + privatePem(ed25519.privateKey), /2 PEM blocks/],
  ])('to sign with, refuses %s, and says nothing of its content', async (_, text, words) => {
    const error: unknown = await readSigningKey(await file(text), undefined).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'key-invalid', message: expect.stringMatching(words) });
    expect(error).not.toHaveProperty('cause');
    const body = text.split('\n')[1]?.slice(10, 40) ?? '';
    if (body !== '') expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(body);
  });

  it.each<readonly [string, string, RegExp]>([
    ['a private key', privatePem(ed25519.privateKey), /private key, which only the signer should have/],
    ['an encrypted private key', privatePem(ed25519.privateKey, PASSPHRASE), /private key, which only/],
    ['RSA', rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string, /type rsa/],
    ['a certificate', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /"CERTIFICATE", which is no public key/],
    ['a block that is cut off', publicPem.slice(0, 50), /not a public key/],
    ['an archive', '\u001f\u008b\u0000', /not PEM/],
  ])('to verify with, refuses %s', async (_, text, words) => {
    await expect(readVerifyingKey(await file(text))).rejects.toMatchObject({
      code: 'key-invalid',
      message: expect.stringMatching(words),
    });
  });

  it('what is no file of a small size is not read', async () => {
    await mkdir(path.join(directory, 'folder'));
    await writeFile(path.join(directory, 'large.pem'), Buffer.alloc(100_000, 'A'));
    for (const name of ['folder', 'large.pem', 'none.pem']) {
      const expected = { code: 'key-unreadable', message: expect.stringContaining(name) };
      await expect(readSigningKey(path.join(directory, name), undefined)).rejects.toMatchObject(expected);
      await expect(readVerifyingKey(path.join(directory, name))).rejects.toMatchObject(expected);
    }
  });
});
