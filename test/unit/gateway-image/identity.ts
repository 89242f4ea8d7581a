import { execa } from 'execa';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCertificates } from '../../../lab/certificates.ts';

async function make(): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  const directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-tls-'));
  try {
    const { canary } = await createCertificates(directory);
    return { cert: await readFile(canary.cert), key: await readFile(canary.key) };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const { failed } = await execa('openssl', ['version'], { reject: false });
/** Tests that need {@link IDENTITY} are skipped there. */
export const NO_OPENSSL = failed;
/** Of a TLS server. */
export const IDENTITY = NO_OPENSSL ? undefined : await make();
