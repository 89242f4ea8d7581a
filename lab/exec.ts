import { execa } from 'execa';
import { labPaths, netnsFile } from './paths.ts';
import { systemPath } from './run.ts';
import type { ExecOptions, ExecResult, LabState, NamespaceName } from './types.ts';

/**
 * The command line that runs `argv` inside a namespace with the lab's resolver in /etc/resolv.conf.
 * The shell program is constant; what varies is passed to it as arguments.
 */
export function namespaceCommand(
  lab: Pick<LabState, 'id' | 'netns'>,
  namespace: NamespaceName,
  argv: readonly string[],
): readonly [string, ...string[]] {
  const script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"';
  return [
    'nsenter',
    `--net=${netnsFile(lab.netns[namespace])}`,
    'unshare',
    '--mount',
    '--propagation',
    'slave',
    'sh',
    '-c',
    script,
    'sh',
    labPaths(lab.id).resolvConf,
    ...argv,
  ];
}

/** The variables that a command in the lab gets on top of the caller's. */
export function namespaceEnvironment(lab: Pick<LabState, 'dockerHost'>): Readonly<Record<string, string>> {
  return { ...systemPath(), DOCKER_HOST: lab.dockerHost };
}

/** Runs a command to its end in one of the namespaces. Never throws for its exit code. */
export async function execInNamespace(
  lab: LabState,
  namespace: NamespaceName,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  const [file, ...args] = namespaceCommand(lab, namespace, argv);
  const result = await execa(file, args, {
    reject: false,
    env: namespaceEnvironment(lab),
    timeout: options.timeoutMs ?? 30_000,
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
  });
  return { exitCode: result.timedOut ? 124 : (result.exitCode ?? 125), stdout: result.stdout, stderr: result.stderr };
}
