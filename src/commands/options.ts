import type { Command } from 'commander';
import { BulkheadError } from '../errors.ts';
import { SEVERITIES, type Check, type Severity } from '../model/check.ts';
import { escapeText } from '../model/text.ts';
import type { InternetCanary } from '../probes/context.ts';
import { DEFAULT_INTERNET } from '../probes/defaults.ts';

const NAME = /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*$/i;
const ADDRESS = /^[0-9a-f:.]+$/i;

export function addConfigOptions(command: Command): Command {
  const lookedFor = 'BULKHEAD_CONFIG, else bulkhead.yaml from here up to the repository';
  return command
    .option('--config <file>', `configuration (default: ${lookedFor})`)
    .option('--no-config', 'look for no configuration file');
}

/** Reads `HOST:PORT`, with IPv6 in brackets. */
export function parseHostPort(value: string, flag: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:[\]/@\s]+)):(\d{1,5})$/.exec(value);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65535 || !(match?.[1] === undefined ? NAME : ADDRESS).test(host)) {
    throw usage(flag, value, 'HOST:PORT, for example canary.example:443 or [2001:db8::10]:443');
  }
  return { host: host.toLowerCase(), port };
}

/** Reads `HOST:PORT` or `HOST:PORT/udp`. */
export function parseCanary(value: string): InternetCanary {
  return canaryAt(value, '--internet');
}

/** @param where the flag, or the place in a file */
export function canaryAt(value: string, where: string): InternetCanary {
  const match = /^(.*?)(?:\/(tcp|udp))?$/.exec(value);
  return { ...parseHostPort(match?.[1] ?? value, where), protocol: match?.[2] === 'udp' ? 'udp' : 'tcp' };
}

/** What `--internet` and `--no-internet` leave to be dialled: as given, or the usual canaries. */
export function internetOf(values: readonly string[] | false): readonly InternetCanary[] {
  if (values === false) return [];
  return values.length === 0 ? DEFAULT_INTERNET : values.map(parseCanary);
}

/** Reads a size such as `512m`, `2g` or `1048576`; answers bytes. */
export function parseSize(flag: string): (value: string) => number {
  return (value) => {
    const [, digits, unit = ''] = /^(\d{1,12})([kmg]?)$/i.exec(value) ?? [];
    const bytes = Number(digits) * 1024 ** ['', 'k', 'm', 'g'].indexOf(unit.toLowerCase());
    if (digits === undefined || !Number.isSafeInteger(bytes)) throw usage(flag, value, 'a size, for example 512m or 1g');
    return bytes;
  };
}

export function parseNumber(flag: string, example: string): (value: string) => number {
  return (value) => {
    if (!/^\d+(\.\d+)?$/.test(value)) throw usage(flag, value, `a number, for example ${example}`);
    return Number(value);
  };
}

export function parseInteger(flag: string, minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < minimum || number > maximum) {
      throw usage(flag, value, `a whole number from ${minimum} to ${maximum}`);
    }
    return number;
  };
}

const UNITS: Readonly<Record<string, number>> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** Reads a length of time such as `12h`, `90d` or `8w`; answers milliseconds. */
export function parseAge(flag: string): (value: string) => number {
  return (value) => {
    const [, digits, unit = ''] = /^(\d{1,5})([hdw])$/.exec(value) ?? [];
    if (digits === undefined) throw usage(flag, value, 'a length of time in hours, days or weeks, for example 12h or 90d');
    return Number(digits) * (UNITS[unit] ?? Number.NaN);
  };
}

/** Reads a day or a time in ISO 8601 (UTC where it names no zone), or how long ago: `90d`. */
export function parseSince(flag: string, now = new Date()): (value: string) => Date {
  return (value) => {
    if (/^\d+[hdw]$/.test(value)) return new Date(now.getTime() - parseAge(flag)(value));
    const [, day = '', time = 'T00:00', zone = 'Z'] =
      /^(\d{4}-\d\d-\d\d)(T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(value) ?? [];
    const since = new Date(`${day}${time}${zone}`);
    // The thirtieth of February is read as the first of March.
    const exists = new Date(`${day}T00:00Z`).getUTCDate() === Number(day.slice(8));
    if (!exists || Number.isNaN(since.getTime()))
      throw usage(flag, value, 'a day, a time or an age, for example 2026-11-20 or 90d');
    return since;
  };
}

export function parsePercent(flag: string): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!/^\d+(\.\d+)?$/.test(value) || number > 100) throw usage(flag, value, 'a percentage from 0 to 100, for example 90');
    return number;
  };
}

export function parseSeverity(flag: string): (value: string) => Severity {
  return (value) => {
    const severity = SEVERITIES.find((known) => known === value);
    if (severity === undefined) throw usage(flag, value, `one of ${SEVERITIES.join(', ')}`);
    return severity;
  };
}

export function parseGate(value: string): Severity | 'never' {
  return gateAt(value, '--fail-on');
}

/** @param where the flag, or the variable */
export function gateAt(value: string, where: string): Severity | 'never' {
  return value === 'never' ? 'never' : parseSeverity(where)(value);
}

/** Which checks `--only` and `--skip` leave: ids, slugs or areas, separated by commas. */
export function selectChecks(checks: readonly Check[], only: readonly string[], skip: readonly string[]): readonly Check[] {
  const wanted = only.length === 0 ? new Set(checks) : new Set(only.flatMap((word) => matching(checks, word, '--only')));
  const unwanted = new Set(skip.flatMap((word) => matching(checks, word, '--skip')));
  const left = checks.filter((check) => wanted.has(check) && !unwanted.has(check));
  if (left.length === 0)
    throw new BulkheadError('usage', '--only and --skip leave no check.', { hint: '`bulkhead checks` lists them.' });
  return left;
}

function matching(checks: readonly Check[], list: string, flag: string): readonly Check[] {
  return list.split(',').flatMap((word) => {
    const key = word.trim().toLowerCase();
    const found = checks.filter(({ meta }) => [meta.id, meta.slug, meta.area].some((name) => name.toLowerCase() === key));
    if (found.length === 0)
      throw usage(
        flag,
        word,
        'the id (NET-004), slug (undeclared-egress) or area (NET) of a check; `bulkhead checks` lists them',
      );
    return found;
  });
}

/** Gathers a repeatable option; what `--no-…` left there is replaced. */
export function collect(value: string, previous: readonly string[] | false): readonly string[] {
  return [...(previous === false ? [] : previous), value];
}

export function usage(flag: string, value: string, good: string): BulkheadError {
  return new BulkheadError('usage', `${flag} does not take "${escapeText(value, 100)}".`, {
    hint: `Give ${good}${/[.?]$/.test(good) ? '' : '.'}`,
  });
}
