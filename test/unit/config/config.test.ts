import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findConfig, pathFrom } from '../../../src/config/discover.ts';
import { loadConfig, loadWaivers } from '../../../src/config/load.ts';
import { ConfigSchema } from '../../../src/model/config.ts';

const CHECKS = ['NET-004', 'HARD-004'];
let directory: string;
beforeEach(async () => (directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-config-'))));
afterEach(async () => rm(directory, { recursive: true, force: true }));

async function write(name: string, text: string): Promise<string> {
  const file = path.join(directory, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

describe('a configuration', () => {
  it('is the same in YAML, in JSON and in package.json', async () => {
    const json = '{"gates": {"failOn": "high"}, "targets": ["github"]}';
    const expected = { gates: { failOn: 'high' }, targets: ['github'] };
    expect(await loadConfig(await write('bulkhead.yaml', 'gates:\n  failOn: high\ntargets: [github]\n'), CHECKS)).toEqual(
      expected,
    );
    expect(await loadConfig(await write('bulkhead.json', json), CHECKS)).toEqual(expected);
    expect(await loadConfig(await write('package.json', `{"bulkhead": ${json}}`), CHECKS)).toEqual(expected);
    expect(await loadConfig(await write('package.json', '{"name": "other"}'), CHECKS)).toBeUndefined();
  });

  it('fills in nothing from the environment, and executes nothing', async () => {
    const file = await write('bulkhead.yaml', 'targets: ["${HOME}", "$(id)", "{{env.HOME}}"]\n');
    expect(await loadConfig(file, CHECKS)).toEqual({ targets: ['${HOME}', '$(id)', '{{env.HOME}}'] });
  });

  it('reads a date as a date, quoted or not', async () => {
    const waiver = (expires: string) =>
      `waivers:\n  - {id: NET-004, target: a, subject: "*", reason: r, owner: o, expires: ${expires}}\n`;
    for (const text of [waiver('2027-01-31'), waiver('"2027-01-31"')]) {
      expect((await loadWaivers(await write('w.yaml', text), CHECKS))[0]?.expires).toBe('2027-01-31');
    }
  });

  it.each<readonly [string, string, RegExp]>([
    ['an unknown key', 'targets: []\ngate: {}\n', /line 2, gate: is an unknown key\. Did you mean "gates"\?/],
    ['an unknown key further in', 'gates:\n  fail_on: high\n', /line 2, gates\.fail_on: .*Did you mean "failOn"\?/],
    ['an unknown key that is near to none', 'colour: red\n', /line 1, colour: .*Known here: targets, profiles/],
    [
      'a severity that is none',
      'gates:\n  failOn: hihg\n',
      /line 2, gates\.failOn: "hihg" is not one of .*Did you mean "high"\?/,
    ],
    ['a text for a list', 'targets: github\n', /line 1, targets: "github" is not a list\. Write for instance \["github"\]/],
    [
      'an endpoint that is none',
      'management:\n- http://x\n',
      /line 2, management\[0\]: .*Write for instance "127\.0\.0\.1:8080"/,
    ],
    ['a rule for nobody', 'profiles:\n- profile: none\n', /line 2, profiles\[0\]: names no server/],
    [
      'a waiver without an owner',
      'waivers:\n- {id: NET-004, target: a, subject: b, reason: c, expires: 2027-01-01}\n',
      /lacks owner\. Write/,
    ],
    [
      'a blank reason',
      'waivers:\n- {id: NET-004, target: a, subject: b, reason: " ", owner: o, expires: 2027-01-01}\n',
      /waivers\[0\]\.reason/,
    ],
    [
      'a day that is none',
      'waivers:\n- {id: NET-004, target: a, subject: b, reason: c, owner: o, expires: 2026-02-30}\n',
      /no day of the calendar/,
    ],
    [
      'a check that is none',
      'waivers:\n- {id: NET-040, target: a, subject: b, reason: c, owner: o, expires: 2027-01-01}\n',
      /"NET-040" is no check\. Did you mean "NET-004"\?/,
    ],
    [
      'an attestation of no check',
      'attestations:\n- {statement: s, owner: o, expires: 2027-01-01, checks: [NET-999]}\n',
      /attestations\[0\]\.checks\[0\]: "NET-999" is no check/,
    ],
    ['the same key twice', 'targets: []\ngates: {}\ntargets: []\n', /line 3: the same key twice/],
    ['the same key twice, quoted', 'gates: {failOn: low, "failOn": high}\n', /line 1: the same key twice/],
    ['a tag', 'targets: !!js/function "x"\n', /line 1, column \d+: Unresolved tag/],
    ['two documents', 'targets: []\n---\ntargets: []\n', /not valid YAML/],
    ['an open bracket', 'targets: [a\n', /not valid YAML: line \d/],
    ['a key that is no text', '1: x\n? [a]\n: b\n', /not valid YAML/],
    ['a prototype', '__proto__: {gates: {}}\n', /__proto__/],
    ['a terminal sequence', '"\\e[2J": 1\n', /\\u001b\[2J/],
    ['a merge key', 'gates: &g {failOn: low}\n<<: *g\n', /unknown key/],
    ['aliases without end', aliases(9), /alias/i],
    ['a depth without end', '['.repeat(100_000), /not valid YAML|cannot be read/],
    ['a file without end', '#'.repeat(1024 * 1024 + 1), /larger than/],
    ['many keys', Array.from({ length: 40_000 }, (_, index) => `k${index}: 1`).join('\n'), /40000 problems/],
  ])('with %s is refused', async (_, text, words) => {
    const error: unknown = await loadConfig(await write('bulkhead.yaml', text), CHECKS).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'BulkheadError' });
    expect((error as Error).message).toContain('bulkhead.yaml');
    expect((error as Error).message).toMatch(words);
  });

  it.each<readonly [string, string, RegExp]>([
    ['the line of a problem', '{\n "gates": {\n  "failOn": 1}}', /line 3, gates\.failOn/],
    ['a key twice', '{"targets": [], "targets": []}', /the same key twice/],
    ['a comment', '{} // x', /not valid JSON: line 1, column 4/],
  ])('JSON: %s', async (_, text, words) => {
    await expect(loadConfig(await write('bulkhead.json', text), CHECKS)).rejects.toThrow(words);
  });

  it('has a schema whose examples keep to it', () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true });
    const walk = (schema: unknown): number => {
      if (typeof schema !== 'object' || schema === null) return 0;
      const { examples = [] } = schema as { readonly examples?: unknown };
      const own = Array.isArray(examples) ? examples : [];
      for (const example of own) expect([example, ajv.validate(schema, example)]).toEqual([example, true]);
      return Object.values(schema).reduce<number>((sum, part) => sum + walk(part), own.length);
    };
    expect(walk(ConfigSchema)).toBeGreaterThan(25);
  });
});

/** A billion laughs: nine lists, each of nine times the one before. */
function aliases(levels: number): string {
  const line = (index: number) =>
    `k${index}: &a${index} [${Array.from({ length: 9 }, () => (index === 0 ? 'x' : `*a${index - 1}`)).join(', ')}]`;
  return Array.from({ length: levels }, (_, index) => line(index)).join('\n');
}

describe('which configuration is found', () => {
  const find = (workingDirectory: string, changes: object = {}) => findConfig({ workingDirectory, checks: CHECKS, ...changes });

  it('the nearest, up to the root of the repository and no further', async () => {
    await mkdir(path.join(directory, 'repository/.git'), { recursive: true });
    await mkdir(path.join(directory, 'repository/a/b'), { recursive: true });
    const inner = path.join(directory, 'repository/a/b');
    await write('bulkhead.yaml', 'targets: [outside]\n');
    expect(await find(inner)).toBeUndefined();
    const top = await write('repository/bulkhead.yaml', 'targets: [top]\n');
    expect(await find(inner)).toMatchObject({ file: top, discovered: true });
    await write('repository/a/package.json', '{"name": "of somebody else"}');
    const near = await write('repository/a/bulkhead.json', '{}');
    expect(await find(inner)).toMatchObject({ file: near });
  });

  it('outside a repository, the working directory alone', async () => {
    await mkdir(path.join(directory, 'a'));
    const file = await write('bulkhead.yaml', '');
    expect(await find(directory)).toMatchObject({ file, config: {} });
    expect(await find(path.join(directory, 'a'))).toBeUndefined();
  });

  it('flag before variable before what lies there; none on request', async () => {
    await write('bulkhead.yaml', 'targets: [c]\n');
    const flag = await write('a.yaml', 'targets: [a]\n');
    const variable = await write('b.yaml', 'targets: [b]\n');
    expect(await find(directory, { flag, variable })).toMatchObject({ config: { targets: ['a'] }, discovered: false });
    expect(await find(directory, { variable })).toMatchObject({ config: { targets: ['b'] } });
    expect(await find(directory)).toMatchObject({ config: { targets: ['c'] } });
    expect(await find(directory, { flag: false, variable })).toBeUndefined();
  });

  it('is never passed over: invalid, twice, leading nowhere, or named and not there', async () => {
    await write('bulkhead.yaml', 'targets: 1\n');
    await expect(find(directory)).rejects.toThrow(/not a list/);
    await write('bulkhead.yaml', '');
    await write('bulkhead.json', '{}');
    await expect(find(directory)).rejects.toThrow(/Two files/);
    await rm(path.join(directory, 'bulkhead.json'));
    await rm(path.join(directory, 'bulkhead.yaml'));
    await symlink('/nonexistent', path.join(directory, 'bulkhead.yaml'));
    await expect(find(directory)).rejects.toThrow(/there is no file/);
    await expect(find(directory, { flag: path.join(directory, 'none.yaml') })).rejects.toThrow(/there is no file/);
    await expect(find(directory, { flag: await write('package.json', '{}') })).rejects.toThrow(/no key "bulkhead"/);
  });

  it('leads out of its directory only when it was named', async () => {
    const file = await write('bulkhead.yaml', '');
    await symlink('/tmp', path.join(directory, 'link'));
    const found = { config: {}, file, directory, discovered: true };
    expect(await pathFrom(found, 'out/report.json', 'outputs[0]')).toBe(path.join(directory, 'out/report.json'));
    for (const value of ['../x', '/tmp/x', 'a/../../x', 'link/x', 'link']) {
      await expect(pathFrom(found, value, 'outputs[0]')).rejects.toThrow(/leads out of its directory/);
    }
    expect(await pathFrom({ ...found, discovered: false }, '/tmp/x', 'outputs[0]')).toBe('/tmp/x');
  });

  it('the published schema accepts the example of the page', async () => {
    const page = await readFile(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');
    const example = /```yaml\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
    const { CHECKS: all } = await import('../../../src/checks/registry.ts');
    const ids = all.map(({ meta }) => meta.id);
    expect(await loadConfig(await write('example.yaml', example), ids)).toHaveProperty('waivers');
  });
});
