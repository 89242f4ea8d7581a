/**
 * Runs in the lab's host network namespace and in a mount namespace of its own,
 * arranges the file system that the engine is to see, and becomes the engine.
 * All it mounts vanishes with the engine's last process.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { cgroupHierarchies } from './cgroups.ts';
import type { EngineService } from './engines/engine.ts';

export interface EngineInit {
  readonly pidFile: string;
  /** The lab's group: the root of what the engine sees of every hierarchy. */
  readonly cgroup: string;
  readonly tree: string | null;
  /** An empty directory to mount on. */
  readonly scratch: string;
  /** Directories that must be at the same path in the engine's view, outermost first. */
  readonly shared: readonly string[];
  readonly resolvConf: string;
  readonly links: EngineService['links'];
  readonly argv: EngineService['argv'];
  readonly env: Readonly<Record<string, string>>;
}

const init = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as EngineInit;
writeFileSync(init.pidFile, String(process.pid));
// Node.js sees the namespace that it was started in, so this is the lab's setting, not the machine's.
writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1');
mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', init.scratch);
const mountSysAt = freshSys(await cgroupHierarchies());
if (init.tree === null) useMachineTree();
else usePrivateTree(init.tree);
process.execve?.(init.argv[0], [...init.argv], { ...init.env });

/** The machine's own tree, with /etc, /opt and /run of the engine's own: it would leave keys, directories and sockets there. */
function useMachineTree(): void {
  overlay('/etc', '/etc');
  if (existsSync('/opt')) overlay('/opt', '/opt');
  replaceResolvConf('/etc/resolv.conf');
  const run = freshRun();
  mount('--move', mountSysAt, '/sys');
  // Last, for the scratch directory lies below /run.
  mount('--move', run, '/run');
}

/** A tree of its own: written to in memory only, so that labs can share it. */
function usePrivateTree(tree: string): void {
  const root = overlay(tree, undefined);
  replaceResolvConf(join(root, 'etc/resolv.conf'));
  mount('-t', 'proc', 'proc', join(root, 'proc'));
  mount('--move', mountSysAt, join(root, 'sys'));
  mount('--rbind', '/dev', join(root, 'dev'));
  for (const path of init.shared.filter((path) => !path.startsWith('/run/'))) bind(path, join(root, path));
  mount('--rbind', freshRun(), join(root, 'run'));
  mkdirSync(join(root, '.machine'));
  // Not chroot: runc pivots too, and the kernel forbids that where the root is no mount of its own.
  execFileSync('pivot_root', [root, join(root, '.machine')], { cwd: root });
  process.chdir('/');
  execFileSync('umount', ['-n', '--lazy', '/.machine'], { env: init.env });
  rmSync('/.machine', { recursive: true });
}

/** /run in memory, with those shared directories that are below it. */
function freshRun(): string {
  const run = mkdir('run');
  mount('-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', run);
  for (const path of init.shared.filter((path) => path.startsWith('/run/'))) bind(path, join(run, relative('/run', path)));
  for (const [path, target] of Object.entries(init.links)) {
    const link = join(run, relative('/run', path));
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(target, link);
  }
  return run;
}

/** The machine's /sys shows the devices of the machine's network; a new one shows the lab's. What is mounted in it comes along. */
function freshSys(hierarchies: Awaited<ReturnType<typeof cgroupHierarchies>>): string {
  const sys = mkdir('sys');
  mount('-t', 'sysfs', 'sysfs', sys);
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4]);
  for (const below of ['fs/cgroup', 'kernel/security']) {
    if (mounted.includes(join('/sys', below))) mount('--rbind', join('/sys', below), join(sys, below));
  }
  // To the engine the lab's groups are all there are: wherever it puts containers, they are below.
  for (const { mountPoint } of hierarchies) {
    const copy = join(sys, relative('/sys', mountPoint));
    execFileSync('umount', ['-n', copy], { env: init.env });
    mount('--bind', join(mountPoint, init.cgroup), copy);
  }
  return sys;
}

function overlay(lower: string, at: string | undefined): string {
  const name = `overlay${lower.replaceAll('/', '-')}`;
  const [upper, work, merged] = [mkdir(`${name}/upper`), mkdir(`${name}/work`), at ?? mkdir(`${name}/merged`)];
  mount('-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, merged);
  return merged;
}

function replaceResolvConf(file: string): void {
  rmSync(file, { force: true });
  writeFileSync(file, readFileSync(init.resolvConf));
}

function bind(source: string, target: string): void {
  mkdirSync(target, { recursive: true });
  mount('--bind', source, target);
}

function mkdir(name: string): string {
  const path = join(init.scratch, name);
  mkdirSync(path, { recursive: true });
  return path;
}

function mount(...args: readonly string[]): void {
  // -n: mount(8) keeps notes in /run/mount, and fails when /run has been replaced under it.
  const { status, stderr } = spawnSync('mount', ['-n', ...args], { encoding: 'utf8', env: init.env });
  if (status === 0) return;
  // Without a stack trace: the lab shows the last lines of this log.
  process.stderr.write(`mount ${args.join(' ')}: ${stderr}\n`);
  process.exit(1);
}
