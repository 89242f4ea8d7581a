import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContainerSummary } from '../../../src/model/container.ts';
import { findDeclaration } from '../../../src/discovery/declaration.ts';
import { discoverTargets } from '../../../src/discovery/discover.ts';
import type { AssignedProfiles } from '../../../src/discovery/profile-flags.ts';
import type { Declaration } from '../../../src/model/target.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import { container, toolhiveLabels } from './fixtures.ts';

const PROFILE = { network: { outbound: { allow_host: ['api.github.com'], allow_port: [443] } } };
const OTHER = { network: { outbound: { allow_host: ['example.org'], allow_port: [443] } } };
const WIDE = { network: { outbound: { insecure_allow_all: true } } };

let root: string;
let directory: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bulkhead-declaration-'));
  directory = path.join(root, 'runconfigs');
  await mkdir(directory);
  await writeFile(path.join(root, 'secret.json'), JSON.stringify({ permission_profile: WIDE }));
});
afterAll(() => rm(root, { recursive: true }));

async function declared(fields: Partial<ContainerSummary>, profiles: Partial<AssignedProfiles> = {}): Promise<Declaration> {
  const summary = container(fields);
  const [target] = discoverTargets([summary], { names: [summary.id], all: false }).targets;
  if (target === undefined) throw new Error('the fixture is no target');
  return findDeclaration(target, summary, {
    profiles: { byTarget: new Map(), ...profiles },
    runConfigDirectory: directory,
    platform: process.platform,
  });
}

const label = (value: string) => ({ labels: { 'dev.bulkhead.profile': value } });
const write = (name: string, content: unknown) =>
  writeFile(path.join(directory, `${name}.json`), typeof content === 'string' ? content : JSON.stringify(content));
const toolhive = (name: string, more: Record<string, string> = {}) => ({ name, labels: { ...toolhiveLabels(name), ...more } });
const codes = (declaration: Declaration): readonly string[] => declaration.remarks.map((remark) => remark.code);

describe('precedence', () => {
  beforeAll(() => write('order', { container_name: 'order', permission_profile: PROFILE }));
  const everywhere = toolhive('order', { 'dev.bulkhead.profile': JSON.stringify(OTHER) });
  const file = () => path.join(directory, 'flag.json');
  beforeAll(() => write('flag', WIDE));

  it('the own flag is first', async () => {
    const summary = { ...everywhere, id: 'ab'.repeat(32) };
    const found = await declared(summary, { everyone: 'none', byTarget: new Map([[summary.id, file()]]) });
    expect(found).toMatchObject({ source: 'flag', profile: WIDE, location: file() });
  });

  it('then the flag for everyone', async () => {
    expect(await declared(everywhere, { everyone: 'network' })).toMatchObject({
      source: 'built-in',
      profile: BUILT_IN_PROFILES.network,
    });
  });

  it('then the configuration', async () => {
    const summary = { ...everywhere, id: 'ab'.repeat(32) };
    const configured = new Map([[summary.id, file()]]);
    expect(await declared(summary, { configured })).toMatchObject({ source: 'configuration', profile: WIDE, location: file() });
    expect(await declared(summary, { configured, everyone: 'none' })).toMatchObject({ location: 'built-in:none' });
    expect(await declared(everywhere, { configured })).toMatchObject({ source: 'label' });
  });

  it('then the label', async () => {
    expect(await declared(everywhere)).toEqual({
      source: 'label',
      profile: OTHER,
      location: 'label dev.bulkhead.profile',
      remarks: [],
    });
  });

  it("then ToolHive's run configuration", async () => {
    const found = await declared(toolhive('order'));
    expect(found).toEqual({
      source: 'toolhive-run-config',
      profile: PROFILE,
      location: `${path.join(directory, 'order.json')} (permission_profile)`,
      remarks: [],
    });
  });

  it('then nothing, which is the strictest', async () => {
    expect(await declared({})).toEqual({
      source: 'none',
      profile: BUILT_IN_PROFILES.none,
      location: 'none found (no --profile, no label dev.bulkhead.profile): measured against the built-in profile none',
      remarks: [],
    });
  });

  it('a flag whose file does not exist is an error', async () => {
    await expect(declared({}, { everyone: path.join(directory, 'absent.json') })).rejects.toMatchObject({
      code: 'profile-unreadable',
    });
  });
});

describe('the label', () => {
  it.each(['none', 'network'] as const)('may name the built-in profile %s', async (name) => {
    expect(await declared(label(name))).toMatchObject({ source: 'label', profile: BUILT_IN_PROFILES[name] });
  });

  it.each([
    ['nothing', '', 'is empty'],
    ['another word', 'everything', 'line 1, column 1'],
    ['a path', '/etc/passwd', 'not valid JSON'],
    ['no object', '[1]', '(profile)'],
    ['an unknown key', '{"allow": "*"}', 'unknown key'],
    ['a key twice', '{"privileged": false, "privileged": true}', 'same key twice'],
    ['a star', '{"network":{"outbound":{"allow_host":["*"]}}}', 'allow_host[0]'],
    ['deep nesting', '['.repeat(60_000), 'nested'],
    ['many problems', JSON.stringify(Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`k${i}`, 1]))), 'problems'],
    ['a megabyte', JSON.stringify({ name: 'x'.repeat(1_000_000) }), 'longer than 65536'],
    ['control characters', '{"\u001b[2J\\u001b": 1}', ''],
  ])('with %s allows nothing and says why', async (_what, value, message) => {
    const found = await declared(label(value));
    expect(found).toMatchObject({ source: 'none', profile: BUILT_IN_PROFILES.none });
    expect(found.location).toContain('label dev.bulkhead.profile is not valid');
    expect(codes(found)).toEqual(['declaration-invalid']);
    expect(found.remarks[0]?.message).toContain(message);
    expect(found.remarks[0]?.message.length).toBeLessThanOrEqual(4096);
    // oxlint-disable-next-line no-control-regex -- matching control characters is the purpose
    expect(found.remarks[0]?.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  });

  it('that is invalid does not give way to a wider run configuration', async () => {
    await write('broken-label', { permission_profile: WIDE });
    expect(await declared(toolhive('broken-label', { 'dev.bulkhead.profile': '{' }))).toMatchObject({ source: 'none' });
  });

  it('that came with the image grants nothing', async () => {
    const labels = { 'dev.bulkhead.profile': 'network' };
    const found = await declared({ labels, imageLabels: labels });
    expect(found).toMatchObject({ source: 'none', profile: BUILT_IN_PROFILES.none });
    expect(codes(found)).toEqual(['label-of-image']);
  });

  it('overrides the one of the image', async () => {
    const found = await declared({
      labels: { 'dev.bulkhead.profile': 'none' },
      imageLabels: { 'dev.bulkhead.profile': 'network' },
    });
    expect(found).toMatchObject({ source: 'label', profile: BUILT_IN_PROFILES.none });
  });
});

describe("ToolHive's run configuration", () => {
  it('as ToolHive writes it', async () => {
    await write('real', {
      schema_version: 'v0.1.0',
      name: 'real',
      container_name: 'real',
      base_name: 'real',
      image: 'ghcr.io/x/y',
      transport: 'stdio',
      isolate_network: true,
      env_vars: { TOKEN: 'hush' },
      volumes: [],
      permission_profile: {
        read: [],
        write: [],
        network: { outbound: { insecure_allow_all: false, allow_host: ['api.github.com'], allow_port: [443] } },
      },
    });
    const found = await declared(toolhive('real'));
    expect(found.source).toBe('toolhive-run-config');
    expect(found.profile.network?.outbound?.allow_host).toEqual(['api.github.com']);
    expect(JSON.stringify(found)).not.toContain('hush');
  });

  it.each([
    ['no file', undefined, 'run-config-missing', 'does not exist'],
    ['no profile', { container_name: 'no-profile' }, 'run-config-missing', 'has no permission_profile'],
    ['a null profile', { permission_profile: null }, 'run-config-missing', 'has no permission_profile'],
    ['no object', '"permission_profile"', 'run-config-missing', 'has no permission_profile'],
    ['no JSON', '{"env_vars": {"TOKEN": "hush"}, oops', 'run-config-invalid', 'is not JSON'],
    ['deep nesting', '{"a":'.repeat(100_000), 'run-config-invalid', 'is not JSON'],
    [
      "another container's name",
      { container_name: 'other', permission_profile: WIDE },
      'run-config-invalid',
      'is of the container "other"',
    ],
    [
      'more than a megabyte',
      JSON.stringify({ pad: 'x'.repeat(1024 * 1024), permission_profile: WIDE }),
      'run-config-invalid',
      'larger than',
    ],
    [
      'an invalid profile',
      { permission_profile: { network: { outbound: { allow_host: ['*'] } } } },
      'declaration-invalid',
      'allow_host[0]',
    ],
    ['a profile that is text', { permission_profile: 'network' }, 'declaration-invalid', '(profile)'],
  ])('with %s declares nothing and says why', async (what, content, code, message) => {
    const name = what.replaceAll(/\W/g, '-');
    if (content !== undefined) await write(name, content);
    const found = await declared(toolhive(name));
    expect(found).toMatchObject({ source: 'none', profile: BUILT_IN_PROFILES.none });
    expect(codes(found)).toEqual([code]);
    expect(found.remarks[0]?.message).toContain(message);
    expect(JSON.stringify(found)).not.toContain('hush');
  });

  it.each(['../secret', '..', '/etc/passwd', 'a/../../secret', '\u0000'])('is not looked for at %j', async (name) => {
    const found = await declared({ labels: toolhiveLabels(name) });
    expect(found).toMatchObject({ source: 'none' });
    expect(codes(found)).toEqual(['run-config-invalid']);
  });

  it('that is a directory or a device is not read', async () => {
    await mkdir(path.join(directory, 'folder.json'));
    expect(codes(await declared(toolhive('folder')))).toEqual(['run-config-invalid']);
    await symlink('/dev/zero', path.join(directory, 'zero.json'));
    expect(codes(await declared(toolhive('zero')))).toEqual(['run-config-invalid']);
  });

  it('is not read for a container of another platform', async () => {
    await write('stranger', { permission_profile: WIDE });
    expect(await declared({ name: 'stranger', labels: { 'toolhive-basename': 'stranger' } })).toMatchObject({
      source: 'none',
      remarks: [],
    });
  });
});
