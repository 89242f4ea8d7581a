/**
 * Writes a page for every check, and their index, from their metadata: `node scripts/generate-check-docs.ts`.
 * Pages of checks that are gone are deleted. With `--check` nothing is written, and a difference ends in exit code 1.
 */
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS } from '../src/checks/registry.ts';
import type { Check, Reference } from '../src/model/check.ts';

const DIRECTORY = fileURLToPath(new URL('../docs/checks/', import.meta.url));
const INDEX = 'README.md';
const PAGE = /^[A-Z]+-\d{3}\.md$/;
const GENERATED = '<!-- Generated from src/checks by scripts/generate-check-docs.ts: do not edit. -->';

/** File name to text, the index first. */
export function checkPages(checks: readonly Check[] = CHECKS): ReadonlyMap<string, string> {
  const pages = checks.map((check) => [`${check.meta.id}.md`, page(check)] as const);
  return new Map([[INDEX, index(checks)], ...pages]);
}

/** Names of the files in the directory that differ from the metadata, those of checks that are gone among them. */
export async function stalePages(directory: string = DIRECTORY): Promise<readonly string[]> {
  const pages = checkPages();
  const stale: string[] = [];
  for (const [file, text] of pages) {
    const written = await readFile(path.join(directory, file), 'utf8').catch(() => undefined);
    if (written !== text) stale.push(file);
  }
  const present = await readdir(directory).catch(() => []);
  return [...stale, ...present.filter((file) => PAGE.test(file) && !pages.has(file)).toSorted()];
}

/** Brings the directory up to date; returns the names of the files that were written or deleted. */
export async function writePages(directory: string = DIRECTORY): Promise<readonly string[]> {
  const pages = checkPages();
  const stale = await stalePages(directory);
  await mkdir(directory, { recursive: true });
  for (const file of stale) {
    const text = pages.get(file);
    await (text === undefined ? rm(path.join(directory, file)) : writeFile(path.join(directory, file), text));
  }
  return stale;
}

function index(checks: readonly Check[]): string {
  const rows = checks.map(({ meta, requires, uses }) =>
    row([`[${meta.id}](${meta.id}.md)`, meta.title, meta.severity, meta.area, kinds([...requires, ...(uses ?? [])])]),
  );
  return lines(
    '# Checks',
    '',
    GENERATED,
    '',
    `${checks.length} checks. The title is what holds where a check passes; the severity is that of a failure which nothing in the profile declares.`,
    '',
    row(['Id', 'Title', 'Severity', 'Area', 'Evidence']),
    row(['---', '---', '---', '---', '---']),
    ...rows,
  );
}

function page({ meta, requires, uses = [] }: Check): string {
  return lines(
    `# ${meta.id}: ${meta.title}`,
    '',
    GENERATED,
    '',
    ...(meta.deprecated === undefined ? [] : [`> Deprecated: ${meta.deprecated}`, '']),
    row(['', '']),
    row(['---', '---']),
    row(['Slug', `\`${meta.slug}\``]),
    row(['Severity', meta.severity]),
    row(['Area', meta.area]),
    row(['When it fails', meta.failureTitle]),
    row(['Evidence', kinds(requires)]),
    ...(uses.length === 0 ? [] : [row(['Evidence, where there is any', kinds(uses)])]),
    row(['Questions it answers', meta.framework.join('; ')]),
    ...(meta.references.length === 0 ? [] : [row(['References', meta.references.map(reference).join('; ')])]),
    row(['Since', meta.since]),
    '',
    '## Why',
    '',
    meta.description,
    '',
    '## What to do',
    '',
    meta.remediation,
    '',
    '## Run it alone',
    '',
    '```sh',
    `bulkhead audit --only ${meta.id}`,
    '```',
  );
}

function kinds(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

function reference({ source, ids }: Reference): string {
  return `${source} (${ids.join(', ')})`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function lines(...parts: readonly string[]): string {
  return `${parts.join('\n')}\n`;
}

async function main(check: boolean): Promise<void> {
  if (check) {
    const stale = await stalePages();
    for (const file of stale)
      console.error(`docs/checks/${file} differs from src/checks: run node scripts/generate-check-docs.ts`);
    if (stale.length > 0) process.exitCode = 1;
    return;
  }
  const written = await writePages();
  console.log(written.length > 0 ? `written or deleted: ${written.join(', ')}` : 'pages of checks are up to date');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.includes('--check'));
