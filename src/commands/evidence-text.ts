import type { PackVerdict } from '../evidence/verify.ts';
import { escapeText } from '../model/text.ts';
import { inertJson } from '../reporters/json.ts';

type Result = PackVerdict & { readonly keyId: string };

/** Of what is not valid, only what is wrong: nothing in it is to be believed. */
export function renderVerdict(file: string, { problems, unlisted, manifest, manifestHash, keyId }: Result): string {
  const where = escapeText(file, 1000);
  if (problems.length > 0 || manifest === undefined) {
    const more = unlisted === 0 ? [] : [`  and ${unlisted} more`];
    return `${[`${where}: NOT valid`, ...problems.map(({ message }) => `  ${message}`), ...more].join('\n')}\n`;
  }
  const { files, period, createdAt, tool, previous } = manifest;
  const bytes = files.reduce((sum, each) => sum + each.bytes, 0);
  return `${[
    `${where}: valid`,
    `  signed by: key ${keyId}`,
    `  manifest:  SHA-256 ${manifestHash ?? ''}`,
    `  period:    ${period.since ?? 'from the first run'} to before ${period.until}`,
    `  written:   ${createdAt} by ${escapeText(tool.name)} ${escapeText(tool.version)}`,
    `  holds:     ${files.length} files, ${bytes} bytes`,
    `  follows:   ${previous === undefined ? 'no other pack' : `the pack whose manifest has the SHA-256 ${previous}`}`,
  ].join('\n')}\n`;
}

export function renderVerdictJson({ problems, unlisted, manifest, manifestHash, keyId }: Result): string {
  const valid = problems.length === 0 && manifest !== undefined;
  const known =
    valid && manifestHash !== undefined
      ? {
          manifest: {
            sha256: manifestHash,
            ...manifest,
            files: manifest.files.length,
            bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0),
          },
        }
      : {};
  return `${inertJson({ valid, keyId, problems, unlisted, ...known }, 2)}\n`;
}
