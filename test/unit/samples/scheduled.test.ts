import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import type { CronJob } from 'kubernetes-types/batch/v1.d.ts';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { findProgram } from '../../../lab/run.ts';
import { readWorkflow } from '../../support/github-runner.ts';
import { readCronTable, readScheduled, readUnit, SCHEDULED, settingOf } from '../../support/scheduled.ts';
import { problemsOf } from '../../support/workflow-parser.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
let directory: string;

/** What the samples do when they are run: test/cli/scheduled-scripts.test.ts, test/lab/scheduled-samples.test.ts. */
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'bulkhead-scheduled-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('README.md', () => {
  it('names every file that is there, and no other', async () => {
    const readme = readScheduled('README.md');
    const files = (await readdir(SCHEDULED, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name !== 'README.md')
      .map((entry) => path.relative(SCHEDULED, path.join(entry.parentPath, entry.name)));
    const named = [...(readme.split('\n## ')[0] ?? '').matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name);
    expect(named.toSorted()).toEqual(files.toSorted());
  });
});

describe('the units of systemd', () => {
  const names = ['bulkhead-scan.service', 'bulkhead-scan.timer', 'bulkhead-tell@.service', 'bulkhead-watch.service'];
  const unit = (name: string) => readUnit(readScheduled(`systemd/${name}`));
  const [scan, timer, watch] = [unit('bulkhead-scan.service'), unit('bulkhead-scan.timer'), unit('bulkhead-watch.service')];
  const analyze = findProgram('systemd-analyze');
  const NO_ANALYZE = analyze === undefined ? 'skipped: there is no systemd-analyze: ' : '';

  /** A root in which the units are installed as README.md says, their programs empty. */
  async function installed(change: (text: string) => string = (text) => text): Promise<string> {
    const root = await mkdtemp(path.join(directory, 'root-'));
    await mkdir(path.join(root, 'etc/systemd/system'), { recursive: true });
    await mkdir(path.join(root, 'usr/local/bin'), { recursive: true });
    for (const name of names)
      await writeFile(path.join(root, 'etc/systemd/system', name), change(readScheduled(`systemd/${name}`)));
    // systemd's own, by which every unit is ordered.
    for (const name of ['basic', 'multi-user', 'network-online', 'shutdown', 'sysinit', 'timers'])
      await writeFile(path.join(root, 'etc/systemd/system', `${name}.target`), '[Unit]\n');
    for (const name of ['bulkhead', 'bulkhead-scan', 'bulkhead-tell']) {
      await writeFile(path.join(root, 'usr/local/bin', name), '#!/bin/sh\n');
      await chmod(path.join(root, 'usr/local/bin', name), 0o755);
    }
    return root;
  }
  /** What `systemd-analyze verify` says; it says it, and succeeds, of settings that it does not know. */
  async function verify(root: string): Promise<string> {
    const { all, exitCode } = await execa('systemd-analyze', ['verify', `--root=${root}`, ...names], {
      all: true,
      reject: false,
    });
    return `${exitCode} ${all}`;
  }

  it.skipIf(analyze === undefined)(`${NO_ANALYZE}are what systemd takes, and it refuses what is wrong`, async () => {
    expect(await verify(await installed())).toBe('0 ');
    expect(await verify(await installed((text) => text.replace('ProtectClock=', 'ProtectClok=')))).toMatch(/ProtectClok/);
    expect(await verify(await installed((text) => text.replace('00/6:17', '00/6:77')))).toMatch(/calendar specification/);
  });

  it.skipIf(analyze === undefined)(`${NO_ANALYZE}leave little open`, async () => {
    const root = await installed();
    for (const [name, most] of [
      ['bulkhead-scan.service', 15],
      ['bulkhead-watch.service', 25],
    ] as const) {
      const file = path.join(root, 'etc/systemd/system', name);
      const { stdout } = await execa('systemd-analyze', ['security', '--offline=yes', `--threshold=${most}`, file]);
      expect(stdout).toMatch(/exposure level .* (SAFE|OK)/);
    }
  });

  it('call violation and undecided results, and tell of everything else as a failure', () => {
    expect(settingOf(scan, 'Service.SuccessExitStatus')).toBe('1 3');
    expect(settingOf(scan, 'Unit.OnSuccess')).toBe('bulkhead-tell@%N.service');
    for (const each of [scan, watch]) expect(settingOf(each, 'Unit.OnFailure')).toBe('bulkhead-tell@%N.service');
    expect(settingOf(unit('bulkhead-tell@.service'), 'Service.ExecStart')).toBe('/usr/local/bin/bulkhead-tell %i');
  });

  it('are shut alike, but for the network, and see the processes of other users', () => {
    const shut = (each: typeof scan) =>
      each.slice(each.findIndex(([key]) => key === 'Service.DynamicUser')).map(([key, value]) => `${key}=${value}`);
    const network = ['RestrictAddressFamilies', 'PrivateNetwork', 'IPAddressDeny'].map((key) => `Service.${key}=`);
    const common = (each: typeof scan) => shut(each).filter((line) => !network.some((start) => line.startsWith(start)));
    expect(common(watch)).toEqual(common(scan));
    expect(common(scan)).toEqual(expect.arrayContaining(['Service.StateDirectory=bulkhead', 'Service.NoNewPrivileges=yes']));
    // What a process that cannot be seen runs would be taken for abandoned.
    expect([...scan, ...watch].map(([key]) => key)).not.toContain('Service.ProtectProc');
  });

  it('scan again after a machine was off, not all machines at once', () => {
    expect(settingOf(timer, 'Timer.Persistent')).toBe('yes');
    expect(settingOf(timer, 'Timer.RandomizedDelaySec')).toBe('15min');
  });
});

describe('the crontab', () => {
  it('has one entry, whose command is whole', () => {
    const { env, entries } = readCronTable(readScheduled('crontab'));
    expect(env).toMatchObject({ SHELL: '/bin/sh', MAILTO: 'root' });
    expect(env['PATH']?.split(':')).toContain('/usr/local/bin');
    expect(entries).toHaveLength(1);
    // An unescaped `%` would end it there.
    expect(entries[0]?.command).toMatch(/^out=\$\(.*; \}$/);
  });

  it('is understood as cron does', () => {
    expect(readCronTable('A = b\n5 * * * * root echo a\\%b%c').entries).toEqual([
      { when: ['5', '*', '*', '*', '*'], user: 'root', command: 'echo a%b' },
    ]);
    expect(() => readCronTable('5 * * * root echo')).toThrow('No entry of cron');
  });
});

describe('the Dockerfile', () => {
  const text = readScheduled('Dockerfile');
  const copied = [...text.matchAll(/^COPY (?!--from)(.*) (\S+)$/gm)].map(([, from = '', to = '']) => ({
    from: from.split(' '),
    to,
  }));

  it('copies what there is, and builds Bulkhead from it', async () => {
    const work = path.join(directory, 'src');
    await mkdir(work);
    for (const { from, to } of copied) {
      for (const source of from) {
        expect(existsSync(path.join(ROOT, source)), source).toBe(true);
        if (!to.startsWith('/')) await cp(path.join(ROOT, source), path.join(work, source), { recursive: true });
      }
    }
    // In place of `npm ci`.
    await symlink(path.join(ROOT, 'node_modules'), path.join(work, 'node_modules'));
    const built = [...text.matchAll(/^RUN node (.*)$/gm)].map(([, args = '']) => args.split(' '));
    expect(built).toHaveLength(1);
    for (const args of built) await execa(process.execPath, args, { cwd: work });
    const { stdout } = await execa(process.execPath, ['dist/cli.js', '--version'], { cwd: work });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+$/);
    expect(existsSync(path.join(work, 'dist/probe.mjs'))).toBe(true);
  }, 60_000);
});

describe('the GitHub workflow', () => {
  const text = readScheduled('.github/workflows/mcp-scan.yml');
  const workflow = readWorkflow(path.join(SCHEDULED, '.github/workflows/mcp-scan.yml'));
  const steps = workflow.jobs['scan']?.steps ?? [];

  it('is what GitHub’s own parser takes, and that refuses what is wrong', () => {
    expect(problemsOf('workflow', text)).toEqual([]);
    expect(problemsOf('workflow', text.replace('cancel-in-progress', 'cancel-progress'))).not.toEqual([]);
  });

  it('reads the repository, runs on a machine of one’s own, one after the other, and never for a pull request', () => {
    expect(workflow.permissions).toEqual({});
    expect(workflow.jobs['scan']).toMatchObject({ permissions: { contents: 'read' }, 'runs-on': ['self-hosted', 'mcp-host'] });
    const { on, concurrency } = parse(text) as { readonly on: object; readonly concurrency: object };
    expect(Object.keys(on)).toEqual(['schedule', 'workflow_dispatch']);
    expect(concurrency).toEqual({ group: 'mcp-scan', 'cancel-in-progress': false });
  });

  it('pins every action by commit, and splices nothing into a shell', () => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, each = '']) => each);
    expect(uses).toHaveLength(4);
    for (const each of uses) expect(each).toMatch(/^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    for (const step of steps) expect(step.run ?? '').not.toContain('${{');
  });

  it('keeps history and reports also when the scan failed', () => {
    const after = steps.slice(steps.findIndex(({ name }) => name === 'Scan') + 1);
    expect(after.map(({ name }) => name)).toEqual(['What changed', 'Keep the history', 'Reports']);
    for (const step of after) expect(step.if).toBe('${{ !cancelled() }}');
  });
});

describe('the Kubernetes manifest', () => {
  const documents = parseAllDocuments(readScheduled('kubernetes.yaml')).map((each) => each.toJS() as { readonly kind: string });
  const job = documents.find(({ kind }) => kind === 'CronJob') as CronJob;
  const pod = job.spec?.jobTemplate.spec?.template.spec;

  /** What the compiler says of objects that are given the types of Kubernetes, which are made from its OpenAPI description. */
  async function problemsWith(objects: readonly { readonly kind: string }[]): Promise<string> {
    const modules = { Namespace: 'core/v1', PersistentVolumeClaim: 'core/v1', CronJob: 'batch/v1' } as const;
    const place = await mkdtemp(path.join(directory, 'kubernetes-'));
    await symlink(path.join(ROOT, 'node_modules'), path.join(place, 'node_modules'));
    const lines = objects.map((object, index) => {
      const from = modules[object.kind as keyof typeof modules];
      return `export const o${index}: import('kubernetes-types/${from}.d.ts').${object.kind} = ${JSON.stringify(object)};`;
    });
    await writeFile(path.join(place, 'manifest.ts'), lines.join('\n'));
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext'];
    const { stdout } = await execa('tsc', [...options, 'manifest.ts'], {
      cwd: place,
      preferLocal: true,
      localDir: ROOT,
      reject: false,
    });
    return stdout;
  }

  it('has the shape that Kubernetes gives it, and another one is noticed', async () => {
    expect(documents.map(({ kind }) => kind)).toEqual(['Namespace', 'PersistentVolumeClaim', 'CronJob']);
    expect(await problemsWith(documents)).toBe('');
    const wrong = JSON.parse(
      JSON.stringify(documents).replace('runAsNonRoot', 'runAsNoRoot').replace('"backoffLimit":0', '"backoffLimit":"0"'),
    ) as typeof documents;
    const problems = await problemsWith(wrong);
    expect(problems).toMatch(/runAsNoRoot.*does not exist/);
    expect(problems).toMatch(/Type 'string' is not assignable to type 'number/);
  });

  it('never scans twice at once, and not again what failed', () => {
    expect(job.spec).toMatchObject({ concurrencyPolicy: 'Forbid', startingDeadlineSeconds: 3600 });
    expect(job.spec?.jobTemplate.spec).toMatchObject({ backoffLimit: 0 });
    expect(pod?.restartPolicy).toBe('Never');
  });

  it('keeps to what Kubernetes calls restricted, but for the socket', () => {
    expect(pod).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    });
    expect(pod).not.toHaveProperty('hostNetwork');
    for (const { securityContext, resources } of pod?.containers ?? []) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(resources).toHaveProperty('limits.memory');
    }
    const onHost = (pod?.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined);
    expect(onHost.map(({ hostPath }) => hostPath)).toEqual([{ path: '/var/run/docker.sock', type: 'Socket' }]);
    const mounted = pod?.containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name));
    expect(new Set(mounted)).toEqual(new Set(pod?.volumes?.map(({ name }) => name)));
  });
});

describe('the compose file', () => {
  it('shuts both services but for the socket, and gives neither the network of the host', () => {
    const { services } = parse(readScheduled('compose.yaml'), { merge: true }) as {
      readonly services: Readonly<Record<string, object>>;
    };
    expect(Object.keys(services)).toEqual(['scan', 'watch']);
    for (const service of Object.values(services)) {
      expect(service).toMatchObject({
        user: '65532:65532',
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
      });
      expect(service).not.toHaveProperty('network_mode', 'host');
      expect(service).not.toHaveProperty('hostname');
    }
  });
});
