import { execa } from 'execa';
import { chmod, cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SAMPLES = path.join(ROOT, 'samples/ci');

/**
 * A machine on which samples/ci runs as it stands, without anything from the network: what would be installed is this
 * checkout, which is built already. `npm` stands in for itself and writes down what it was asked for.
 */
export class CiMachine {
  readonly directory: string;
  /** A repository as samples/ci shows it, committed. */
  readonly project: string;
  /** A repository to clone Bulkhead from, with the tag that the samples name. */
  readonly repository: string;
  readonly env: Readonly<Record<string, string>>;

  private constructor(directory: string, env: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.project = path.join(directory, 'project');
    this.repository = `file://${path.join(directory, 'bulkhead')}`;
    this.env = {
      PATH: [path.join(directory, 'bin'), process.env['PATH'] ?? ''].join(':'),
      HOME: path.join(directory, 'home'),
      NO_COLOR: '1',
      ...env,
    };
  }

  /**
   * @param directory empty, the caller's to remove
   * @param edit what becomes of a sample's file: a project's own servers and canaries
   */
  static async open(
    directory: string,
    env: Readonly<Record<string, string>>,
    edit: Readonly<Record<string, (text: string) => string>> = {},
  ): Promise<CiMachine> {
    const machine = new CiMachine(directory, env);
    const at = (name: string): string => path.join(directory, name);
    for (const name of ['bin', 'home', 'bulkhead']) await mkdir(at(name));
    await writeFile(at('bin/npm'), `#!/bin/sh\necho "$*" >>"${at('npm.log')}"\n`);
    // gitlab-ci-local copies sources for containers with it, of which there are none here.
    await writeFile(at('bin/rsync'), '#!/bin/sh\n');
    await writeFile(at('bin/bulkhead'), `#!/bin/sh\nexec "${process.execPath}" "${ROOT}/dist/cli.js" "$@"\n`);
    for (const name of ['npm', 'rsync', 'bulkhead']) await chmod(at(`bin/${name}`), 0o755);
    for (const name of ['dist', 'node_modules', 'package.json']) await symlink(path.join(ROOT, name), at(`bulkhead/${name}`));
    await cp(path.join(ROOT, '.pre-commit-hooks.yaml'), at('bulkhead/.pre-commit-hooks.yaml'));
    await machine.commit(at('bulkhead'));
    await machine.git(at('bulkhead'), 'tag', 'v0.1.0');
    await cp(SAMPLES, machine.project, { recursive: true });
    for (const [name, change] of Object.entries(edit)) {
      const file = path.join(machine.project, name);
      await writeFile(file, change(await readFile(file, 'utf8')));
    }
    await machine.commit(machine.project);
    return machine;
  }

  async git(directory: string, ...args: readonly string[]): Promise<string> {
    const { stdout } = await execa('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.test', ...args], {
      cwd: directory,
      extendEnv: false,
      env: this.env,
    });
    return stdout;
  }

  async commit(directory: string): Promise<void> {
    await this.git(directory, 'init', '--quiet', '--initial-branch=main');
    await this.git(directory, 'add', '--all');
    await this.git(directory, 'commit', '--quiet', '--message=sample');
  }

  /** What was asked of npm, one call a line. */
  async npmCalls(): Promise<string> {
    return readFile(path.join(this.directory, 'npm.log'), 'utf8');
  }
}
