import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { createPack, type PackRequest } from '../../src/evidence/create.ts';
import { readSigningKey, readVerifyingKey } from '../../src/evidence/keys.ts';
import type { EvidenceRun } from '../../src/evidence/run.ts';
import type { ObservationBundle } from '../../src/model/bundle.ts';
import { aBundle } from './bundle.ts';
import { aProcess, aTarget, anId } from './observations.ts';

export type Sight = 'fails' | 'passes' | 'unseen';

/** A run of one check, HARD-004 (medium), on servers that fail it, pass it, or were not looked into. */
export function aSeenBundle(
  startedAt: string,
  servers: Readonly<Record<string, Sight>>,
  overrides: Partial<ObservationBundle> = {},
): ObservationBundle {
  const targets = Object.entries(servers).map(([name, sight], index) => ({
    target: aTarget({ id: anId('abcdef'[index] ?? '0'), name }),
    declaration: { profile: {}, source: 'flag' as const, location: 'p.json', remarks: [] },
    observations: {
      process:
        sight === 'unseen'
          ? ({ state: 'unavailable', reason: 'paused' } as const)
          : ({ state: 'observed', facts: aProcess({ noNewPrivileges: sight === 'passes' }) } as const),
    },
  }));
  const bundle = aBundle(...targets);
  const options = { ...bundle.options, checks: ['HARD-004'] };
  return { ...bundle, startedAt, finishedAt: startedAt, options, ...overrides };
}

export function runOf(bundle: unknown, overrides: Partial<EvidenceRun> = {}): EvidenceRun {
  const bytes = Buffer.from(typeof bundle === 'string' ? bundle : `${JSON.stringify(bundle)}\n`);
  return { source: 'run.json', bytes: () => Promise.resolve(bytes), ...overrides };
}

export async function* streamOf<T>(items: readonly T[]): AsyncIterable<T> {
  yield* items;
}

/** Writes a new pair of keys as PEM files and reads them again. */
export async function someKeys(directory: string, name = 'evidence') {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const files = { key: path.join(directory, `${name}.key.pem`), publicKey: path.join(directory, `${name}.pub.pem`) };
  await writeFile(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  await writeFile(files.publicKey, publicKey.export({ type: 'spki', format: 'pem' }));
  return {
    files,
    signing: await readSigningKey(files.key, undefined),
    verifying: await readVerifyingKey(files.publicKey),
  };
}

export const NOW = new Date('2026-12-31T12:00:00.000Z');

export async function packRuns(
  runs: readonly EvidenceRun[],
  request: Pick<PackRequest, 'out' | 'key'> & Partial<Omit<PackRequest, 'runs'>>,
) {
  return createPack({
    runs: streamOf(runs),
    period: { until: NOW.toISOString() },
    judging: { failOn: 'medium', allowEmpty: false },
    junit: false,
    allowEmpty: false,
    now: NOW,
    ...request,
  });
}

export interface TarEntry {
  readonly name: string;
  readonly content: Buffer;
}

/** What is in an archive, in its order. */
export async function entriesOf(archive: Buffer): Promise<readonly TarEntry[]> {
  const tar = extract();
  tar.end(gunzipSync(archive));
  const entries: TarEntry[] = [];
  for await (const entry of tar) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of entry as AsyncIterable<Uint8Array>) chunks.push(chunk);
    entries.push({ name: entry.header.name, content: Buffer.concat(chunks) });
  }
  return entries;
}
