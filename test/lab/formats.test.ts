import { Ajv2020 } from 'ajv/dist/2020.js';
import { execa } from 'execa';
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Log } from 'sarif';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Report } from '../../src/model/report.ts';
import { FORMATS, REPORTERS, type Format } from '../../src/reporters/registry.ts';
import { assertLabCanary, LAB_INTERNET } from '../support/audit.ts';
import { Fixtures } from '../support/fixtures.ts';
import { annotationProblems } from '../support/formats/annotations.ts';
import { gitlabProblems } from '../support/formats/gitlab.ts';
import { htmlProblems } from '../support/formats/html.ts';
import { junitProblems } from '../support/formats/junit.ts';
import { ocsfProblems } from '../support/formats/ocsf.ts';
import { isTooLargeForGitHub, sarifProblems } from '../support/formats/sarif.ts';
import { LAB_NAME, NO_LAB, openLab } from '../support/lab.ts';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const PROFILES = path.resolve(import.meta.dirname, '../../samples/three-servers/profiles');
const BY_CONFIGURATION = 'formats-everything';
const BY_LABEL = 'formats-filesystem';
const BY_FLAG = 'formats-memory';

const COMPOSE = `services:
  files:
    image: mcp-server-filesystem
    labels:
      dev.bulkhead.profile: '{"read": ["/data"]}'
`;

describe.skipIf(NO_LAB)(`${LAB_NAME}: every format of one audit`, () => {
  let repository: string;
  let fixtures: Fixtures;
  let audit: { readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string };
  let report: Report;

  const bulkhead = async (...args: readonly string[]) => {
    const env = { PATH: process.env['PATH'], HOME: '/nonexistent' };
    return execa(process.execPath, [CLI, ...args], { reject: false, extendEnv: false, env, cwd: repository });
  };
  const fileOf = (format: Format): string => `out.${format}.${REPORTERS[format].extension}`;
  const text = async (format: Format): Promise<string> => readFile(path.join(repository, fileOf(format)), 'utf8');

  beforeAll(async () => {
    repository = await realpath(await mkdtemp(path.join(tmpdir(), 'bulkhead-formats-')));
    await mkdir(path.join(repository, '.git'));
    await mkdir(path.join(repository, 'profiles'));
    for (const name of ['everything.json', 'memory.json']) {
      const profile: unknown = JSON.parse(await readFile(path.join(PROFILES, name), 'utf8'));
      await writeFile(path.join(repository, 'profiles', name), JSON.stringify(profile, undefined, 2));
    }
    await writeFile(path.join(repository, 'compose.yaml'), COMPOSE);
    await writeFile(
      path.join(repository, 'bulkhead.yaml'),
      `profiles:\n  - {target: ${BY_CONFIGURATION}, profile: profiles/everything.json}\n`,
    );

    const { docker, lab } = await openLab();
    fixtures = new Fixtures(docker);
    const internal = await fixtures.network('formats-internal', { Internal: true });
    await fixtures.run({ name: BY_CONFIGURATION, server: 'everything' });
    await fixtures.run({
      name: BY_LABEL,
      server: 'filesystem',
      network: internal,
      host: { Tmpfs: { '/data': '' } },
      labels: {
        'com.docker.compose.service': 'files',
        'com.docker.compose.project.config_files': path.join(repository, 'compose.yaml'),
        'dev.bulkhead.profile': '{"read": ["/data"]}',
      },
    });
    await fixtures.run({
      name: BY_FLAG,
      server: 'memory',
      network: 'none',
      user: '65532:65532',
      host: { CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'], ReadonlyRootfs: true },
    });
    for (const canary of LAB_INTERNET) assertLabCanary(canary);
    const { exitCode, stdout, stderr } = await bulkhead(
      'audit',
      BY_CONFIGURATION,
      BY_LABEL,
      BY_FLAG,
      `--profile=${BY_FLAG}=profiles/memory.json`,
      `--host=${lab.dockerHost}`,
      '--save=bundle.json',
      '--timeout=2500',
      ...LAB_INTERNET.flatMap((canary) => ['--internet', canary]),
      ...FORMATS.flatMap((format) => ['--format', `${format}=${fileOf(format)}`]),
    );
    audit = { exitCode, stdout, stderr };
    report = JSON.parse(await text('json')) as Report;
  });
  afterAll(async () => {
    await fixtures?.remove();
    await rm(repository, { recursive: true, force: true });
  });

  it('is written, of servers that leak and of one that is tight', () => {
    expect({ exitCode: audit.exitCode, stdout: audit.stdout }, audit.stderr).toEqual({ exitCode: 1, stdout: '' });
    expect(report.targets.map(({ name, declaration }) => [name, declaration.source])).toEqual([
      [BY_CONFIGURATION, 'configuration'],
      [BY_LABEL, 'label'],
      [BY_FLAG, 'flag'],
    ]);
    const has = (target: string, status: string) =>
      report.findings.some((finding) => finding.target === target && finding.status === status);
    expect([has(BY_CONFIGURATION, 'fail'), has(BY_LABEL, 'fail'), has(BY_FLAG, 'pass')]).toEqual([true, true, true]);
  });

  it('json: the published schemas take the report and the bundle', async () => {
    for (const [file, schema] of [
      [fileOf('json'), 'report'],
      ['bundle.json', 'bundle'],
    ] as const) {
      const published = await readFile(new URL(`../../schemas/${schema}.schema.json`, import.meta.url), 'utf8');
      const validate = new Ajv2020({ strict: true, allErrors: true }).compile(JSON.parse(published) as object);
      const value: unknown = JSON.parse(await readFile(path.join(repository, file), 'utf8'));
      expect(validate(value) ? [] : validate.errors).toEqual([]);
    }
  });

  it('junit: Jenkins’ schema takes it, with a case for each finding and one for the run', async () => {
    const junit = await text('junit');
    expect(await junitProblems(junit)).toEqual([]);
    expect(junit.match(/<testcase /g)).toHaveLength(report.findings.length + 1);
  });

  it('sarif: the official schema and GitHub’s rules take it', async () => {
    const sarif = await text('sarif');
    expect(sarifProblems(JSON.parse(sarif) as Log)).toEqual([]);
    expect(isTooLargeForGitHub(sarif)).toBe(false);
  });

  it('sarif: points at the lines that declare', async () => {
    const [run] = (JSON.parse(await text('sarif')) as Log).runs;
    const places = [...(run?.results ?? []), ...(run?.invocations?.[0]?.toolExecutionNotifications ?? [])].map(
      ({ locations = [] }) => {
        const [{ logicalLocations: [container] = [], physicalLocation: place } = {}] = locations;
        return [
          container?.name,
          place?.artifactLocation?.uriBaseId,
          place?.artifactLocation?.uri,
          place?.region?.startLine,
        ] as const;
      },
    );
    const of = (target: string) => places.filter(([name]) => name === target);
    expect(of(BY_LABEL).length).toBeGreaterThan(0);
    for (const place of of(BY_LABEL)) expect(place).toEqual([BY_LABEL, '%SRCROOT%', 'compose.yaml', 5]);
    // Its network, and the first line for what the profile does not speak of; the ports that are not reached.
    for (const [target, file, lines] of [
      [BY_CONFIGURATION, 'profiles/everything.json', [1, 4]],
      [BY_FLAG, 'profiles/memory.json', [5]],
    ] as const) {
      expect(of(target).length).toBeGreaterThan(0);
      for (const [, base, uri] of of(target)) expect([base, uri]).toEqual(['%SRCROOT%', file]);
      expect(new Set(of(target).map(([, , , line]) => line))).toEqual(new Set(lines));
    }
  });

  it('gitlab: has the documented shape', async () => {
    expect(gitlabProblems(await text('gitlab'))).toEqual([]);
  });

  it('ocsf: is a Compliance Finding of 1.3.0 a line, one for each finding', async () => {
    const ocsf = await text('ocsf');
    expect(ocsfProblems(ocsf)).toEqual([]);
    expect(ocsf.trimEnd().split('\n')).toHaveLength(report.findings.length);
  });

  it('markdown and github-summary: keep their limits', async () => {
    expect(Buffer.byteLength(await text('markdown'))).toBeLessThanOrEqual(65_536);
    expect(Buffer.byteLength(await text('github-summary'))).toBeLessThanOrEqual(1024 * 1024);
  });

  it('github: is annotations and nothing else', async () => {
    const annotations = await text('github');
    expect(annotationProblems(annotations)).toEqual([]);
    expect(annotations).toContain('file=compose.yaml,line=5,');
  });

  it('html: is well-formed and fetches nothing', async () => {
    const page = await text('html');
    expect(htmlProblems(page)).toEqual([]);
    for (const { name } of report.targets) expect(page).toContain(name);
    expect(htmlProblems(page.replace('</main>', '<img src="https://images.example/x.png"></main>'))).toHaveLength(1);
  });

  it('console: is plain text', async () => {
    // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
    expect(await text('console')).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });

  it('is the same text again from the bundle', async () => {
    const { exitCode, stdout, stderr } = await bulkhead(
      'report',
      'bundle.json',
      ...FORMATS.flatMap((format) => ['--format', `${format}=again.${format}`]),
    );
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    for (const format of FORMATS) {
      expect(await readFile(path.join(repository, `again.${format}`), 'utf8'), format).toBe(await text(format));
    }
  });
});
