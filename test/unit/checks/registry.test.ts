import { globSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkPages, stalePages, writePages } from '../../../scripts/generate-check-docs.ts';
import { CHECKS, findCheck } from '../../../src/checks/registry.ts';
import { AREAS, SEVERITIES, type Check, type CheckMeta } from '../../../src/model/check.ts';
import { OBSERVATION_KINDS } from '../../../src/model/observation.ts';

/** What was published: an id never changes its meaning, and is never given again. */
const PUBLISHED: readonly (readonly [string, string, string])[] = [
  ['NET-001', 'declaration', 'medium'],
  ['NET-002', 'internal-networks', 'high'],
  ['NET-003', 'shared-network', 'medium'],
  ['NET-004', 'undeclared-egress', 'high'],
  ['NET-005', 'undeclared-egress-by-proxy', 'high'],
  ['NET-006', 'declared-egress', 'medium'],
  ['NET-007', 'port-boundary', 'high'],
  ['NET-008', 'name-boundary', 'high'],
  ['NET-009', 'fronting', 'medium'],
  ['NET-010', 'dns-exfiltration', 'high'],
  ['NET-011', 'direct-dns', 'high'],
  ['NET-012', 'udp-egress', 'high'],
  ['NET-013', 'ipv6-egress', 'high'],
  ['NET-014', 'metadata-service', 'critical'],
  ['NET-015', 'private-ranges', 'high'],
  ['NET-016', 'host-network', 'critical'],
  ['NET-018', 'cosmetic-profile', 'critical'],
  ['HOST-001', 'host-canary', 'high'],
  ['HOST-002', 'host-loopback', 'critical'],
  ['HOST-003', 'management-api', 'critical'],
  ['HOST-004', 'engine-api', 'critical'],
  ['HOST-005', 'host-services', 'high'],
  ['HOST-006', 'host-aliases', 'info'],
  ['PIVOT-001', 'peer-reachable', 'high'],
  ['PIVOT-002', 'peer-session', 'critical'],
  ['PIVOT-003', 'peer-tool-call', 'critical'],
  ['PIVOT-004', 'published-peer', 'high'],
  ['PIVOT-005', 'platform-proxy', 'critical'],
  ['PIVOT-006', 'shared-writable-mount', 'medium'],
  ['AUTH-001', 'management-api-auth', 'high'],
  ['AUTH-002', 'proxy-auth', 'high'],
  ['AUTH-003', 'origin-validation', 'high'],
  ['AUTH-004', 'bind-address', 'high'],
  ['HARD-001', 'privileged', 'critical'],
  ['HARD-002', 'capabilities', 'high'],
  ['HARD-003', 'seccomp', 'high'],
  ['HARD-004', 'no-new-privileges', 'medium'],
  ['HARD-005', 'root-user', 'medium'],
  ['HARD-006', 'writable-rootfs', 'medium'],
  ['FS-001', 'undeclared-mount', 'high'],
  ['FS-002', 'read-only-mount', 'high'],
  ['FS-004', 'sensitive-mount', 'critical'],
  ['FS-005', 'runtime-socket', 'critical'],
];

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const FILES = globSync('src/checks/*/*.ts', { cwd: ROOT })
  .filter((file) => !file.startsWith('src/checks/support/'))
  .toSorted();
const METAS = CHECKS.map(({ meta }) => meta);
const each = CHECKS.map((check) => [check.meta.id, check] as const);

function fileOf({ area, slug }: CheckMeta): string {
  return `src/checks/${area.toLowerCase()}/${slug}.ts`;
}

function nameOf({ slug }: CheckMeta): string {
  return slug.replaceAll(/-(\w)/g, (_match, letter: string) => letter.toUpperCase());
}

function duplicates(values: readonly string[]): readonly string[] {
  return values.filter((value, index) => values.indexOf(value) !== index);
}

describe('the registry', () => {
  it('holds what was published, in the order of the catalogue', () => {
    expect(METAS.map(({ id, slug, severity }) => [id, slug, severity])).toEqual(PUBLISHED);
  });

  it('holds every check file, and nothing else', () => {
    expect(METAS.map(fileOf).toSorted()).toEqual(FILES);
  });

  it('says nothing twice', () => {
    expect(duplicates(METAS.map(({ id }) => id))).toEqual([]);
    expect(duplicates(METAS.map(({ slug }) => slug))).toEqual([]);
    expect(duplicates(METAS.flatMap(({ title, failureTitle }) => [title, failureTitle]))).toEqual([]);
    expect(duplicates(METAS.map(({ description }) => description))).toEqual([]);
  });

  it.each(each)('%s stands in the file of its slug, under that name', async (_id, check) => {
    const module = (await import(path.join(ROOT, fileOf(check.meta)))) as Record<string, unknown>;
    expect(Object.keys(module)).toEqual([nameOf(check.meta)]);
    expect(module[nameOf(check.meta)]).toBe(check);
  });

  it.each(each)('%s is found by id and slug, in any case', (id, check) => {
    expect([id, id.toLowerCase(), check.meta.slug, check.meta.slug.toUpperCase()].map(findCheck)).toEqual(
      Array.from({ length: 4 }, () => check),
    );
  });

  it.each(['', 'NET-999', 'NET', 'constructor', '__proto__'])('finds nothing under %j', (name) => {
    expect(findCheck(name)).toBeUndefined();
  });
});

describe('metadata', () => {
  it.each(each)('%s is complete', (id, { meta }) => {
    expect(id).toMatch(new RegExp(`^${meta.area}-\\d{3}$`));
    expect(AREAS).toContain(meta.area);
    expect(SEVERITIES).toContain(meta.severity);
    expect(meta.slug).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
    for (const title of [meta.title, meta.failureTitle]) expect(title).toMatch(/^[A-Z].{10,90}\w$/);
    for (const text of [meta.description, meta.remediation]) expect(text).toMatch(/^[A-Z`][^\n]{40,}\.$/);
    expect(JSON.stringify(meta), 'a new check is written before it is registered').not.toContain('TODO');
    expect(meta.since).toMatch(/^\d+\.\d+\.\d+$/);
    expect(meta.framework.join('')).not.toBe('');
    expect(meta.framework).not.toContain('');
    for (const { ids } of meta.references) expect(ids.join('')).not.toBe('');
  });

  it.each(each)('%s names its evidence, each kind once', (_id, { requires, uses = [] }) => {
    const kinds = [...requires, ...uses];
    expect(requires).not.toEqual([]);
    expect(duplicates(kinds)).toEqual([]);
    expect(kinds.filter((kind) => !OBSERVATION_KINDS.includes(kind))).toEqual([]);
  });
});

describe('the pages of the checks', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), 'check-pages-'));
  });
  afterAll(async () => {
    await rm(directory, { recursive: true });
  });

  it('are up to date (npm run generate)', async () => {
    expect(await stalePages()).toEqual([]);
  });

  it('are one a check, and an index that links to each', () => {
    const pages = checkPages();
    expect([...pages.keys()]).toEqual(['README.md', ...METAS.map(({ id }) => `${id}.md`)]);
    for (const { id } of METAS) expect(pages.get('README.md')).toContain(`[${id}](${id}.md)`);
  });

  it('are written, and deleted with their check; what is no page stays', async () => {
    expect(await stalePages(path.join(directory, 'missing'))).toHaveLength(CHECKS.length + 1);
    await writePages(directory);
    expect(await stalePages(directory)).toEqual([]);

    await writeFile(path.join(directory, 'NET-999.md'), 'gone');
    await writeFile(path.join(directory, 'notes.md'), 'mine');
    await writeFile(path.join(directory, 'NET-001.md'), 'edited');
    expect(await stalePages(directory)).toEqual(['NET-001.md', 'NET-999.md']);
    expect(await writePages(directory)).toEqual(['NET-001.md', 'NET-999.md']);
    const present = await readdir(directory);
    expect(present).toContain('notes.md');
    expect(present).not.toContain('NET-999.md');
    expect(await writePages(directory)).toEqual([]);
  });

  it('keep a table whole whatever the metadata holds', () => {
    const [first] = CHECKS;
    const odd: Check = { ...(first as Check), meta: { ...(first as Check).meta, title: 'One | two' } };
    expect(checkPages([odd]).get('README.md')).toContain('| One \\| two |');
  });
});
