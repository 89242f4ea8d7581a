/**
 * Makes a check: `node scripts/new-check.ts NET-019 some-slug`. Writes the check, its test, its line in the registry
 * and in the table of published ids, and its page. The check says `inconclusive` until somebody writes it.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AREAS, type Area, type Check } from '../src/model/check.ts';

const REGISTRY = 'src/checks/registry.ts';
const PUBLISHED = 'test/unit/checks/registry.test.ts';
const USAGE = `usage: node scripts/new-check.ts AREA-NNN slug [--root DIRECTORY]; AREA is one of ${AREAS.join(', ')}`;

interface NewCheck {
  readonly id: string;
  readonly slug: string;
  readonly area: Area;
  /** Name of the export. */
  readonly name: string;
}

/** @throws Error when the id or the slug is malformed */
export function parseCheck(id: string | undefined, slug: string | undefined): NewCheck {
  const area = AREAS.find((known) => known === /^([A-Z]+)-\d{3}$/.exec(id ?? '')?.[1]);
  if (id === undefined || area === undefined) throw new Error(`${id ?? 'nothing'} is no id of a check. ${USAGE}`);
  if (slug === undefined || !/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/.test(slug)) {
    throw new Error(`${slug ?? 'nothing'} is no slug: words in lower case, joined by hyphens. ${USAGE}`);
  }
  return { id, slug, area, name: slug.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase()) };
}

/** Writes everything below `root`, and returns the paths that were written or changed. Nothing is overwritten. */
export async function newCheck(root: string, check: NewCheck): Promise<readonly string[]> {
  const registry = (await import(pathToFileURL(path.join(root, REGISTRY)).href)) as { readonly CHECKS: readonly Check[] };
  const taken = registry.CHECKS.find(({ meta }) => meta.id === check.id || meta.slug === check.slug);
  if (taken !== undefined) throw new Error(`${taken.meta.id} ${taken.meta.slug} exists: ids and slugs are never used twice.`);

  const folder = check.area.toLowerCase();
  const files = new Map([
    [`src/checks/${folder}/${check.slug}.ts`, source(check)],
    [`test/unit/checks/${folder}/${check.slug}.test.ts`, test(check)],
    [REGISTRY, register(await readFile(path.join(root, REGISTRY), 'utf8'), check, registry.CHECKS)],
    [PUBLISHED, publish(await readFile(path.join(root, PUBLISHED), 'utf8'), check)],
  ]);
  for (const [file, text] of files) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text, { flag: file === REGISTRY || file === PUBLISHED ? 'w' : 'wx' });
  }
  // In a process of its own: this one has loaded the registry as it was.
  await promisify(execFile)(process.execPath, [path.join(root, 'scripts/generate-check-docs.ts')]);
  return [...files.keys(), `docs/checks/${check.id}.md`, 'docs/checks/README.md'];
}

function source({ id, slug, area, name }: NewCheck): string {
  return `import { defineCheck } from '../../model/check.ts';

export const ${name} = defineCheck({
  meta: {
    id: '${id}',
    slug: '${slug}',
    area: '${area}',
    severity: 'medium',
    title: 'TODO: what is true when ${slug} passes',
    failureTitle: 'TODO: what is true when ${slug} fails',
    description: 'TODO: why ${slug} matters, in one paragraph.',
    remediation: 'TODO: what to do when ${slug} fails, in the imperative.',
    references: [],
    framework: ['TODO: a row of the evaluation framework'],
    since: '0.1.0',
  },
  requires: ['configuration'],
  evaluate() {
    return [{ status: 'inconclusive', subject: '${slug}', message: 'This check is not written yet.' }];
  },
});
`;
}

function test({ slug, area, name }: NewCheck): string {
  return `import { ${name} } from '../../../../src/checks/${area.toLowerCase()}/${slug}.ts';
import { runCases } from '${area === 'NET' ? './' : '../net/'}cases.ts';

runCases(${name}, {
  // A tight case, and whatever does not apply.
  valid: [],
  // A leaky case.
  invalid: [],
  // Evidence or its control is missing: never a pass.
  undecided: [{ name: 'not written yet', input: {}, verdicts: ['inconclusive ${slug}'] }],
});
`;
}

/** An import in the order of the paths, an entry in the order of the catalogue. */
function register(text: string, check: NewCheck, checks: readonly Check[]): string {
  const from = `./${check.area.toLowerCase()}/${check.slug}.ts`;
  const line = `import { ${check.name} } from '${from}';`;
  const lines = text.split('\n');
  const later = lines.findIndex((other) => (/^import .* from '(\.\/.*)';$/.exec(other)?.[1] ?? '') > from);
  const blank = lines.indexOf('');
  lines.splice(later < 0 ? blank : later, 0, line);

  const next = checks.find(({ meta }) => rank(meta.id) > rank(check.id));
  const entry = next === undefined ? '];' : `  ${parseCheck(next.meta.id, next.meta.slug).name},`;
  const at = lines.indexOf(
    entry,
    lines.findIndex((other) => other.startsWith('export const CHECKS')),
  );
  if (at < 0) throw new Error(`${REGISTRY} has no line "${entry.trim()}".`);
  lines.splice(at, 0, `  ${check.name},`);
  return lines.join('\n');
}

function publish(text: string, check: NewCheck): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('const PUBLISHED'));
  const end = lines.indexOf('];', start);
  if (start < 0 || end < 0) throw new Error(`${PUBLISHED} has no table PUBLISHED.`);
  const later = lines.findIndex(
    (line, at) => at > start && at < end && rank(/'([A-Z]+-\d{3})'/.exec(line)?.[1] ?? '') > rank(check.id),
  );
  lines.splice(later < 0 ? end : later, 0, `  ['${check.id}', '${check.slug}', 'medium'],`);
  return lines.join('\n');
}

/** Place in the catalogue: by area, then by number. */
function rank(id: string): number {
  const [area, number] = id.split('-');
  return AREAS.findIndex((known) => known === area) * 1000 + Number(number ?? 0);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options: { root: { type: 'string' } }, allowPositionals: true });
  const root = path.resolve(values.root ?? fileURLToPath(new URL('../', import.meta.url)));
  try {
    for (const file of await newCheck(root, parseCheck(positionals[0], positionals[1]))) console.log(file);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exitCode = 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
