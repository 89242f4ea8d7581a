import { execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { declarationFiles } from '../../../src/commands/declaration-files.ts';
import { BUILT_IN_PROFILES } from '../../../src/profiles/built-in.ts';
import type { ReportTarget } from '../../../src/model/report.ts';
import type { DeclarationFile } from '../../../src/reporters/anchor.ts';
import { aReport, aTarget } from '../../support/report.ts';

const PROFILE = { network: { outbound: { allow_host: ['api.example.com'], allow_port: [443] } }, read: ['/data'] };
const TEXT = `${JSON.stringify(PROFILE, undefined, 2)}\n`;

let root: string;
let outside: string;
/** The root of a repository; `services` is below it. */
let repository: string;
let case_ = 0;

beforeAll(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'bulkhead-anchors-')));
});
afterAll(async () => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  case_ += 1;
  outside = path.join(root, `outside-${case_}`);
  repository = path.join(root, `repository-${case_}`);
  await mkdir(path.join(repository, '.git'), { recursive: true });
  await mkdir(path.join(repository, 'services'));
  await mkdir(outside);
});

const file = (name: string): string => path.join(repository, name);

async function anchorOf(target: Partial<ReportTarget>, directory = repository): Promise<DeclarationFile | undefined> {
  const only = aTarget(target);
  return (await declarationFiles(aReport({ targets: [only] }), directory)).get(only.id);
}

function declared(source: string, location: string, profile: unknown = PROFILE): Partial<ReportTarget> {
  return { declaration: { source, location, egress: '', profile, remarks: [] } };
}

function composed(files: readonly string[], source = 'label', profile: unknown = PROFILE): Partial<ReportTarget> {
  return { ...declared(source, 'label dev.bulkhead.profile', profile), compose: { files: [...files], service: 'weather' } };
}

describe('a profile', () => {
  beforeEach(async () => {
    await writeFile(file('p.json'), TEXT);
    await writeFile(file('services/p.json'), TEXT);
  });

  it('of the command line or the configuration has a line for each key and each text', async () => {
    for (const target of [
      declared('flag', 'p.json'),
      declared('flag', './services/../p.json'),
      declared('configuration', file('p.json')),
    ]) {
      const found = await anchorOf(target);
      expect(found?.path).toBe('p.json');
      expect(found?.lines?.start).toEqual({ number: 1, columns: 1 });
      expect(found?.lines?.keys.get('network.outbound.allow_host')).toEqual({ number: 4, columns: 21 });
      expect(found?.lines?.values.get('api.example.com')).toEqual({ number: 5, columns: 25 });
      expect(found?.lines?.values.get('/data')?.number).toBe(13);
    }
  });

  it('is named from the root of the repository, wherever in it somebody works', async () => {
    expect((await anchorOf(declared('flag', 'p.json'), file('services')))?.path).toBe('services/p.json');
    expect((await anchorOf(declared('configuration', file('p.json')), file('services')))?.path).toBe('p.json');
    await rm(file('.git'), { recursive: true });
    expect((await anchorOf(declared('flag', 'p.json'), file('services')))?.path).toBe('p.json');
    expect(await anchorOf(declared('configuration', file('p.json')), file('services'))).toBeUndefined();
  });

  it.each([
    ['has changed', TEXT.replace('api.', 'web.')],
    ['is no JSON any more', `${TEXT}}`],
    ['is no profile any more', '{"network": 1}'],
    ['is no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['is larger than a profile', ' '.repeat(1024 * 1024) + TEXT],
    ['is gone', undefined],
  ])('that %s has a name and no line', async (_, text) => {
    if (text === undefined) await rm(file('p.json'));
    else await writeFile(file('p.json'), text);
    expect(await anchorOf(declared('flag', 'p.json'))).toEqual({ path: 'p.json' });
  });

  it('behind a link is the file that the link means, if that is in the repository', async () => {
    await symlink('services/p.json', file('link.json'));
    expect((await anchorOf(declared('flag', 'link.json')))?.path).toBe('services/p.json');
    await writeFile(path.join(outside, 'p.json'), TEXT);
    await symlink(path.join(outside, 'p.json'), file('out.json'));
    expect(await anchorOf(declared('flag', 'out.json'))).toEqual({ path: 'out.json' });
  });

  it.each([
    '',
    '.',
    '..',
    '../outside.json',
    '/etc/passwd',
    'https://profiles.example/x',
    'a\u001b[2J.json',
    'none found (no --profile)',
  ])('at %j is nowhere', async (location) => {
    expect(await anchorOf(declared('flag', location))).toBeUndefined();
  });

  it('of other sources is not looked for', async () => {
    for (const source of ['label', 'built-in', 'none']) expect(await anchorOf(declared(source, 'p.json'))).toBeUndefined();
  });
});

describe('a run configuration of ToolHive', () => {
  it('has the line of permission_profile, and of what stands in it', async () => {
    const secret = 'hunter2';
    await writeFile(file('w.json'), JSON.stringify({ env_vars: { TOKEN: secret }, permission_profile: PROFILE }, undefined, 1));
    const found = await anchorOf(declared('toolhive-run-config', `${file('w.json')} (permission_profile)`));
    expect(found?.path).toBe('w.json');
    expect(found?.lines?.start.number).toBe(5);
    expect(found?.lines?.keys.get('network.outbound.allow_port')?.number).toBe(11);
    expect(found?.lines?.values.has(secret)).toBe(false);
  });

  it('elsewhere has none', async () => {
    await writeFile(path.join(outside, 'w.json'), JSON.stringify({ permission_profile: PROFILE }));
    expect(
      await anchorOf(declared('toolhive-run-config', `${path.join(outside, 'w.json')} (permission_profile)`)),
    ).toBeUndefined();
  });
});

describe('a compose file', () => {
  const service = (labels: string): string => `x-common: 1\nservices:\n  other: {image: a}\n  weather:\n    image: b\n${labels}`;
  const line = async (text: string, target = composed([file('compose.yaml')])): Promise<number | undefined> => {
    await writeFile(file('compose.yaml'), text);
    const found = await anchorOf(target);
    if (found !== undefined) expect(found.path).toBe('compose.yaml');
    return found?.lines?.start.number;
  };
  const json = JSON.stringify(PROFILE);

  it.each([
    ['a mapping', `    labels:\n      a: b\n      dev.bulkhead.profile: '${json}'\n`, 8],
    ['a list', `    labels:\n      - a=b\n      - 'dev.bulkhead.profile=${json}'\n`, 8],
    ['a block of text', `    labels:\n      dev.bulkhead.profile: |\n        ${json}\n`, 7],
  ])('has the line of the label that declares: %s', async (_, labels, number) => {
    expect(await line(service(labels))).toBe(number);
  });

  it.each([
    ['has no label', ''],
    ['says something else now', '    labels: {dev.bulkhead.profile: none}\n'],
    ['says what is no profile', "    labels:\n      dev.bulkhead.profile: '{'\n"],
    ['takes it from a variable', '    labels:\n      dev.bulkhead.profile: ${PROFILE}\n'],
    ['has labels of another form', '    labels: 1\n'],
  ])('that %s has the line of the service', async (_, labels) => {
    expect(await line(service(labels))).toBe(4);
  });

  it('has the line of the service for a profile that came from elsewhere', async () => {
    const text = service(`    labels:\n      dev.bulkhead.profile: '${json}'\n`);
    expect(await line(text, composed([file('compose.yaml')], 'none'))).toBe(4);
  });

  it('reads dollar signs as compose does, and built-in names', async () => {
    const dollars = { name: 'a$b' };
    const text = service(`    labels:\n      dev.bulkhead.profile: '{"name":"a$$b"}'\n`);
    expect(await line(text, composed([file('compose.yaml')], 'label', dollars))).toBe(7);
    const none = service('    labels:\n      dev.bulkhead.profile: none\n');
    expect(await line(none, composed([file('compose.yaml')], 'label', BUILT_IN_PROFILES.none))).toBe(7);
  });

  it.each([
    ['without the service', 'services:\n  other: {image: a}\n'],
    ['without services', 'weather:\n  image: a\n'],
    ['that is no YAML', 'services:\n  weather: [\n'],
    ['that says it twice', 'services:\n  weather: {}\n  weather: {}\n'],
    ['that is larger than one', `${'#'.repeat(256 * 1024)}\nservices:\n  weather: {}\n`],
    ['that is empty', ''],
  ])('%s is none', async (_, text) => {
    expect(await line(text)).toBeUndefined();
  });

  it('that overrides another is asked first', async () => {
    await writeFile(file('base.yaml'), 'services:\n  weather: {}\n');
    await writeFile(file('override.yml'), '\n\nservices:\n  weather: {}\n');
    const found = await anchorOf(composed([file('base.yaml'), file('override.yml')]));
    expect([found?.path, found?.lines?.start.number]).toEqual(['override.yml', 4]);
    await writeFile(file('override.yml'), 'services: {}\n');
    expect((await anchorOf(composed([file('base.yaml'), file('override.yml')])))?.path).toBe('base.yaml');
  });

  it('yields to a file that declares the profile', async () => {
    await writeFile(file('p.json'), TEXT);
    await writeFile(file('compose.yaml'), service(''));
    expect((await anchorOf({ ...composed([file('compose.yaml')]), ...declared('flag', 'p.json') }))?.path).toBe('p.json');
    expect((await anchorOf({ ...composed([file('compose.yaml')]), ...declared('flag', '/etc/p.json') }))?.path).toBe(
      'compose.yaml',
    );
  });
});

describe('a label', () => {
  const YAML = 'services:\n  weather: {}\n';

  it('leads nowhere outside the working directory', async () => {
    await writeFile(path.join(outside, 'compose.yaml'), YAML);
    await writeFile(file('compose.yaml'), YAML);
    await symlink(path.join(outside, 'compose.yaml'), file('link.yaml'));
    await symlink(outside, file('directory'));
    await symlink('loop.yaml', file('loop.yaml'));
    for (const name of [
      path.join(outside, 'compose.yaml'),
      `${repository}/../${path.basename(outside)}/compose.yaml`,
      file('link.yaml'),
      file('directory/compose.yaml'),
      file('loop.yaml'),
      `${file('compose.yaml')}/compose.yaml`,
      'compose.yaml',
      '/etc/shadow',
      '/dev/zero',
      '/proc/self/environ',
      '',
    ]) {
      expect(await anchorOf(composed([name])), name).toBeUndefined();
    }
    // Of the repository too: whoever starts containers is not who works here.
    expect(await anchorOf(composed([file('compose.yaml')]), file('services'))).toBeUndefined();
    expect((await anchorOf(composed([file('compose.yaml')])))?.path).toBe('compose.yaml');
  });

  it('opens nothing where the working directory is the whole machine', async () => {
    await writeFile(file('compose.yaml'), YAML);
    expect(await anchorOf(composed([file('compose.yaml')]), '/')).toBeUndefined();
    expect(await anchorOf(composed([file('compose.yaml')]), path.join(root, 'none'))).toBeUndefined();
  });

  it('opens no file that is not called YAML', async () => {
    for (const name of ['id_rsa', '.env', 'secret.json']) {
      await writeFile(file(name), YAML);
      expect(await anchorOf(composed([file(name)]))).toBeUndefined();
    }
  });

  it('opens no directory, and no pipe: who waits there for a reader goes on waiting', async () => {
    await mkdir(file('directory.yaml'));
    execFileSync('mkfifo', [file('pipe.yaml')]);
    const writer = spawn('sh', ['-c', `printf waited > '${file('pipe.yaml')}'`]);
    const closed = new Promise((resolve) => writer.once('close', resolve));
    expect(await anchorOf(composed([file('directory.yaml'), file('pipe.yaml')]))).toBeUndefined();
    expect(await readFile(file('pipe.yaml'), 'utf8')).toBe('waited');
    await closed;
  });

  it('of any text whatever leads to the one compose file or nowhere', async () => {
    await writeFile(file('compose.yaml'), YAML);
    await writeFile(path.join(outside, 'compose.yaml'), YAML);
    const steps = fc.array(
      fc.constantFrom('..', '.', '', 'compose.yaml', path.basename(outside), path.basename(repository), '\u0000', '~'),
    );
    const names = fc.oneof(
      fc.string({ unit: 'binary' }),
      steps.map((each) => `${repository}/${each.join('/')}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(names, { maxLength: 4 }),
        fc.constantFrom('weather', '__proto__', 'constructor', ''),
        async (files, service) => {
          const found = await anchorOf({ ...composed(files), compose: { files, service } });
          if (found !== undefined) expect([found.path, service]).toEqual(['compose.yaml', 'weather']);
        },
      ),
      { numRuns: 300 },
    );
  });
});
