import type { Finding, ReportTarget } from '../model/report.ts';

/** A file that declares something, as the command layer has read it. */
export interface DeclarationFile {
  /** Relative to the working directory, with forward slashes. */
  readonly path: string;
  readonly lines: readonly string[];
}

/** By `declaration.location`. */
export type DeclarationFiles = ReadonlyMap<string, DeclarationFile>;

/** A place in a repository that formats for code review can point at. */
export interface Anchor {
  /** Relative, never empty; a target without a file of its own has `containers/NAME`. */
  readonly path: string;
  /** From 1. */
  readonly line: number;
  /** Columns of that line; 1 where it was not read. */
  readonly columns: number;
  /** Whether a file stands there, as far as is known. */
  readonly file: boolean;
}

/** Keys of a profile that a reader has to look at, by area, the nearest first. */
const KEYS: Readonly<Partial<Record<Finding['area'], readonly string[]>>> = {
  NET: ['allow_host', 'allow_port', 'outbound', 'network'],
  HOST: ['outbound', 'network'],
  PIVOT: ['outbound', 'network'],
  FS: ['write', 'read'],
  HARD: ['privileged'],
};

/** Whether the location of a declaration is a profile's own file; elsewhere it is a label, or a sentence. */
export function isInFile({ source }: Pick<ReportTarget['declaration'], 'source'>): boolean {
  return source === 'flag' || source === 'configuration';
}

/** Where a finding is shown in a review: the line of the declaration that it is about, else its first line. */
export function anchorOf(finding: Finding, target: ReportTarget | undefined, files: DeclarationFiles | undefined): Anchor {
  const location = target?.declaration.location ?? '';
  const file = files?.get(location);
  if (file !== undefined) {
    const index = lineOf(finding, file.lines);
    return { path: file.path, line: index + 1, columns: Math.max(file.lines[index]?.length ?? 0, 1), file: true };
  }
  const path = location.replace(/^\.\//, '');
  return target !== undefined && isInFile(target.declaration) && isRelative(path)
    ? { path, line: 1, columns: 1, file: true }
    : { path: `containers/${nameOf(finding.target)}`, line: 1, columns: 1, file: false };
}

function lineOf({ area, subject }: Finding, lines: readonly string[]): number {
  const host = /^\[?([^\]]+?)\]?:\d+(?:\/\w+)?$/.exec(subject)?.[1];
  const wanted = [subject, ...(host === undefined ? [] : [host]), ...(KEYS[area] ?? [])].map((text) => JSON.stringify(text));
  for (const text of wanted) {
    const index = lines.findIndex((line) => line.includes(text));
    if (index !== -1) return index;
  }
  return 0;
}

/** A path below the working directory, as one writes it: what else it could be (`~`, a URL, a sentence) is none. */
function isRelative(path: string): boolean {
  return /^[\w.@+-][\w.@+ -]*(?:\/[\w.@+ -]+)*$/.test(path) && !path.split('/').some((step) => step === '.' || step === '..');
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
