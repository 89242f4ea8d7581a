import { BulkheadError } from '../errors.ts';
import type { Target } from '../model/target.ts';
import type { ContainerSummary } from '../model/container.ts';
import { findByName, notFound, quoted } from './names.ts';

/** What was said with `--profile`, before anybody looked at containers. */
export interface ProfileFlags {
  /** File or built-in name for every target without one of its own. */
  readonly everyone?: string;
  /** Server name to file or built-in name, in the order given. */
  readonly named: ReadonlyMap<string, string>;
}

/** The same, told apart by target. */
export interface AssignedProfiles {
  readonly everyone?: string;
  readonly byTarget: ReadonlyMap<Target['id'], string>;
  /** What the configuration says, where no flag does. */
  readonly configured?: ReadonlyMap<Target['id'], string>;
}

const GOOD = 'Write --profile FILE, --profile none, --profile network or --profile NAME=FILE.';

/**
 * `FILE` or `NAME=FILE`. What stands before the first `=` is a name unless it holds a slash or a backslash:
 * a file with `=` in its name is written with its directory, `./a=b.json`.
 * @throws BulkheadError `usage`
 */
export function parseProfileFlags(values: readonly string[]): ProfileFlags {
  const named = new Map<string, string>();
  let everyone: string | undefined;
  for (const value of values) {
    const split = value.indexOf('=');
    const name = split === -1 ? undefined : value.slice(0, split);
    if (name === undefined || /[/\\]/.test(name)) {
      if (value.trim() === '') throw new BulkheadError('usage', '--profile is empty.', { hint: GOOD });
      if (everyone !== undefined) {
        throw new BulkheadError(
          'usage',
          `--profile ${quoted(everyone)} and --profile ${quoted(value)} both speak for every server.`,
          {
            hint: 'Give one of them a name: --profile NAME=FILE.',
          },
        );
      }
      everyone = value;
      continue;
    }
    const file = value.slice(split + 1);
    if (name.trim() === '' || file.trim() === '') {
      throw new BulkheadError('usage', `--profile ${quoted(value)} lacks ${file.trim() === '' ? 'a file' : 'a name'}.`, {
        hint: GOOD,
      });
    }
    if (named.has(name))
      throw new BulkheadError('usage', `--profile names ${quoted(name)} twice.`, { hint: 'Keep one of the two.' });
    named.set(name, file);
  }
  return everyone === undefined ? { named } : { everyone, named };
}

/**
 * Finds the servers that were named: a profile for nobody is a mistake that would leave a server unjudged.
 * @throws BulkheadError `target-not-found` for a name that is no target's, `usage` when two flags mean one target
 */
export function assignProfiles(
  flags: ProfileFlags,
  targets: readonly Target[],
  containers: readonly ContainerSummary[],
): AssignedProfiles {
  const audited = new Set(targets.map((target) => target.id));
  const candidates = containers.filter((container) => audited.has(container.id));
  const byTarget = new Map<Target['id'], string>();
  for (const [name, file] of flags.named) {
    const found = findByName(name, candidates);
    if (found.length === 0) throw unassigned(name, candidates, containers);
    for (const container of found) {
      if (byTarget.has(container.id)) {
        throw new BulkheadError('usage', `Two --profile flags mean the server ${quoted(container.name)}.`, {
          hint: 'Keep one of the two.',
        });
      }
      byTarget.set(container.id, file);
    }
  }
  return flags.everyone === undefined ? { byTarget } : { everyone: flags.everyone, byTarget };
}

function unassigned(
  name: string,
  candidates: readonly ContainerSummary[],
  containers: readonly ContainerSummary[],
): BulkheadError {
  if (findByName(name, containers).length === 0) {
    const { message, hint } = notFound(name, candidates);
    return new BulkheadError('target-not-found', `--profile ${quoted(name)}: ${message}`, hint === undefined ? {} : { hint });
  }
  return new BulkheadError('target-not-found', `--profile names ${quoted(name)}, which is not among the servers of this audit.`, {
    hint: 'Name the server on the command line too, or drop the flag.',
  });
}
