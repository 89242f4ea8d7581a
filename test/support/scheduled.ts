import { readFileSync } from 'node:fs';
import path from 'node:path';

/** Samples of scheduled scans. */
export const SCHEDULED = path.resolve(import.meta.dirname, '../../samples/scheduled');

export function readScheduled(file: string): string {
  return readFileSync(path.join(SCHEDULED, file), 'utf8');
}

/** A unit's settings in their order, `section.key` and value; systemd.syntax(7) as far as the samples use it. */
export function readUnit(text: string): readonly (readonly [string, string])[] {
  let section = '';
  return text.split('\n').flatMap((line): readonly (readonly [string, string])[] => {
    if (/^\s*([#;].*)?$/.test(line)) return [];
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    if (header !== undefined) {
      section = header;
      return [];
    }
    const [, key, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (section === '' || key === undefined || value === undefined) throw new Error(`No setting of a unit: ${line}`);
    return [[`${section}.${key}`, value]];
  });
}

/** The only value of a setting. @throws Error when it has none, or several */
export function settingOf(unit: readonly (readonly [string, string])[], name: string): string {
  const values = unit.filter(([key]) => key === name).map(([, value]) => value);
  if (values.length !== 1 || values[0] === undefined) throw new Error(`${name} is there ${values.length} times.`);
  return values[0];
}

interface CronEntry {
  /** Minute, hour, day of the month, month, day of the week. */
  readonly when: readonly string[];
  readonly user: string;
  /** What the shell is given: the text up to the first `%`, and each `\%` as `%`. */
  readonly command: string;
}

interface CronTable {
  readonly env: Readonly<Record<string, string>>;
  readonly entries: readonly CronEntry[];
}

/** A file of /etc/cron.d; crontab(5). */
export function readCronTable(text: string): CronTable {
  const lines = text.split('\n').filter((line) => !/^\s*(#.*)?$/.test(line));
  const env: Record<string, string> = {};
  const entries: CronEntry[] = [];
  for (const line of lines) {
    const [, name, value] = /^([A-Z_]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) {
      env[name] = value;
      continue;
    }
    const [minute = '', hour = '', day = '', month = '', weekday = '', user = '', ...words] = line.split(' ');
    const when = [minute, hour, day, month, weekday];
    if (words.length === 0 || !when.every((field) => /^(\*|\d+)(\/\d+)?$/.test(field)))
      throw new Error(`No entry of cron: ${line}`);
    const command = words
      .join(' ')
      .replace(/(?<!\\)%.*$/s, '')
      .replaceAll('\\%', '%');
    entries.push({ when, user, command });
  }
  return { env, entries };
}
