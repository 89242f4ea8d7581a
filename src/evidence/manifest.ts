import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { messageOf } from '../errors.ts';
import { EvidenceManifest, MANIFEST_VERSION } from '../model/evidence.ts';
import { escapeText } from '../model/text.ts';

export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'manifest.sig';

/** A pack of a hundred thousand files has a manifest of about 16 MB. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;
/** All files of a pack together, unpacked. */
export const MAX_PACK_BYTES = 64 * 1024 ** 3;

/** One file a line, keys in one order: the same content is the same bytes, and line tools can read it. */
export function manifestText(manifest: EvidenceManifest): string {
  const { manifestVersion, tool, createdAt, period, signature, previous, files } = manifest;
  const members: readonly (readonly [string, unknown])[] = [
    ['manifestVersion', manifestVersion],
    ['tool', { name: tool.name, version: tool.version }],
    ['createdAt', createdAt],
    ['period', { ...(period.since === undefined ? {} : { since: period.since }), until: period.until }],
    ['signature', { algorithm: signature.algorithm, keyId: signature.keyId }],
    ...(previous === undefined ? [] : [['previous', previous] as const]),
  ];
  const lines = files.map(({ bytes, path, sha256 }) => `    ${JSON.stringify({ bytes, path, sha256 })}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n${members.map(([key, value]) => `  "${key}": ${JSON.stringify(value)},\n`).join('')}  "files": ${list}\n}\n`;
}

let compiled: ValidateFunction | undefined;

/** A manifest, or what is wrong with it. Call it for signed bytes: what nobody signed is not worth reading. */
export function parseManifest(text: string): { readonly manifest: EvidenceManifest } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { problem: `The manifest is not JSON: ${escapeText(messageOf(error))}` };
  }
  const version = (value as { readonly manifestVersion?: unknown } | null)?.manifestVersion;
  if (version !== MANIFEST_VERSION) {
    const shown = escapeText(JSON.stringify(version) ?? 'none', 20);
    return { problem: `The manifest has version ${shown}; this version of bulkhead reads ${MANIFEST_VERSION}.` };
  }
  compiled ??= new Ajv2020({ strict: true }).compile(EvidenceManifest);
  if (!compiled(value)) {
    const wrong = compiled.errors?.[0];
    return { problem: `The manifest is not valid: ${escapeText(wrong?.instancePath || '/')} ${wrong?.message ?? ''}.` };
  }
  const manifest = value as EvidenceManifest;
  const { files } = manifest;
  for (const [index, { path }] of files.entries()) {
    const before = files[index - 1]?.path;
    if (before !== undefined && before >= path) return { problem: `The manifest does not list ${path} in its order, once.` };
    if (path === MANIFEST || path === SIGNATURE) return { problem: `The manifest lists ${path}, which cannot be.` };
  }
  if (files.reduce((sum, { bytes }) => sum + bytes, 0) > MAX_PACK_BYTES) {
    return { problem: `The manifest lists more than ${MAX_PACK_BYTES} bytes, which no pack has.` };
  }
  return { manifest };
}
