import { BulkheadError } from '../errors.ts';
import type { MountDeclaration, Profile } from '../model/profile.ts';
import { escapeText } from '../model/text.ts';
import { parseMount } from '../profiles/mounts.ts';
import { targetProblem } from './mount-targets.ts';

/** An entry of `read` or `write` that is to be mounted. */
export interface MountEntry {
  readonly text: string;
  readonly readOnly: boolean;
  readonly mount: MountDeclaration;
}

/**
 * The entries of a profile, one for each container path.
 * @throws BulkheadError `profile-invalid` for an entry that is none; `usage` for two sources on one place and
 * for a place of the compartment's own
 */
export function mountEntries(profile: Profile): { readonly entries: readonly MountEntry[]; readonly notes: readonly string[] } {
  const all = [...entriesOf(profile.read, true), ...entriesOf(profile.write, false)];
  const { kept, notes } = onePerTarget(all);
  return { entries: kept, notes };
}

function entriesOf(list: readonly string[] | undefined, readOnly: boolean): readonly MountEntry[] {
  return (list ?? []).map((text) => ({ text, readOnly, mount: parseMount(text) }));
}

function onePerTarget(entries: readonly MountEntry[]): {
  readonly kept: readonly MountEntry[];
  readonly notes: readonly string[];
} {
  const byTarget = new Map<string, MountEntry>();
  const notes: string[] = [];
  for (const entry of entries) {
    const problem = targetProblem(entry.mount.target);
    if (problem !== undefined)
      throw refused(entry, `its container path ${problem}`, 'Mount it at a path of its own, e.g. "/srv/data:/data".');
    const before = byTarget.get(entry.mount.target);
    if (before !== undefined && sourceText(before.mount) !== sourceText(entry.mount)) {
      throw refused(entry, `${shown(before.text)} is at the same container path`, 'Give each its own container path.');
    }
    if (before !== undefined && before.readOnly !== entry.readOnly) {
      notes.push(`${shown(entry.text)} is in "read" and in "write": it is mounted for writing.`);
    }
    byTarget.set(entry.mount.target, entry);
  }
  return { kept: [...byTarget.values()], notes };
}

function sourceText(mount: MountDeclaration): string {
  return mount.form === 'resource' ? `${mount.scheme}://${mount.source}` : mount.source;
}

/** What is wrong with an entry, and what to do. */
export function refused({ text, readOnly }: MountEntry, reason: string, hint: string): BulkheadError {
  return new BulkheadError('usage', `The ${readOnly ? 'read' : 'write'} entry ${shown(text)} is not mounted: ${reason}.`, {
    hint,
  });
}

/** A text of a profile or of this machine, for a message. */
export function shown(text: string): string {
  return `"${escapeText(text, 120)}"`;
}
