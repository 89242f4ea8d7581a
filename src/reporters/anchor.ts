import type { Finding } from '../model/report.ts';

/** One line of a file. */
export interface Line {
  /** From 1. */
  readonly number: number;
  /** At least 1. */
  readonly columns: number;
}

/** Where a file says what it declares. */
export interface DeclarationLines {
  readonly start: Line;
  /** By keys, e.g. `network.outbound.allow_host`. */
  readonly keys: ReadonlyMap<string, Line>;
  /** By a text that stands there, e.g. `api.example.com`: the first line with it. */
  readonly values: ReadonlyMap<string, Line>;
}

/** A file that declares something, as the command layer has found it. */
export interface DeclarationFile {
  /** Relative to the root of the repository, with forward slashes. */
  readonly path: string;
  /** Absent where the file could not be read, or no longer says what was audited. */
  readonly lines?: DeclarationLines;
}

/** By the target's id. */
export type DeclarationFiles = ReadonlyMap<string, DeclarationFile>;

/** A place in a repository that formats for code review can point at. */
export interface Anchor {
  /** Relative, never empty; a target without a file of its own has `containers/NAME`. */
  readonly path: string;
  /** Whether a file stands there. */
  readonly file: boolean;
  /** Absent where none is known: formats that must give one give the first. */
  readonly line?: Line;
}

/** Keys of a profile that a reader has to look at, by area, the nearest first. */
const KEYS: Readonly<Partial<Record<Finding['area'], readonly string[]>>> = {
  NET: ['network.outbound.allow_host', 'network.outbound.allow_port', 'network.outbound', 'network'],
  HOST: ['network.outbound', 'network'],
  PIVOT: ['network.outbound', 'network'],
  FS: ['write', 'read'],
  HARD: ['privileged'],
};

/** Where a finding is shown in a review: the line of the declaration that it is about, else where that begins. */
export function anchorOf(finding: Finding, files: DeclarationFiles | undefined): Anchor {
  const file = files?.get(finding.targetId);
  if (file === undefined) return { path: `containers/${nameOf(finding.target)}`, file: false };
  return { path: file.path, file: true, ...(file.lines && { line: lineOf(finding, file.lines) }) };
}

function lineOf({ area, subject }: Finding, { start, keys, values }: DeclarationLines): Line {
  const host = /^\[?([^\]]+?)\]?:\d+(?:\/\w+)?$/.exec(subject)?.[1];
  const nearest = (KEYS[area] ?? []).map((key) => keys.get(key));
  return [values.get(subject), host && values.get(host), ...nearest].find((line) => typeof line === 'object') ?? start;
}

/** A name as one step of a path, whatever it holds. */
function nameOf(name: string): string {
  return name.replace(/[^\w.-]+/g, '_').replace(/^\.+/, '_') || '_';
}

/** A path as a relative URI reference. */
export function uriOf(path: string): string {
  return path
    .split('/')
    .map((step) => encodeURIComponent(step))
    .join('/');
}
