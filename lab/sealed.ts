import { existsSync, readdirSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cgroupProcesses } from './cgroups.ts';
import { LabError } from './errors.ts';
import { labPaths, netnsFile, type LabPaths } from './paths.ts';
import { namespaceInode } from './processes.ts';
import { run, sleep } from './run.ts';
import type { ProbedLink, ProbedNamespace, ProbeInput } from './sealed-probe.ts';
import type { LabState, SealedDevice, SealedProof } from './types.ts';

/**
 * Devices that the kernel puts into every namespace when its tunnel modules are loaded. They
 * cannot be moved, and what they wrap is routed in their own namespace: no way out when nothing else is.
 */
const fallbackTunnels = ['tunl0', 'sit0', 'ip6tnl0', 'gre0', 'gretap0', 'erspan0', 'ip6gre0', 'ip_vti0', 'ip6_vti0'];

export type SealedSubject = Pick<LabState, 'id' | 'pids' | 'machineInode'>;

/**
 * Proves that no packet can leave the lab: that every network device in its namespaces, and in its
 * containers', is the loopback, a bridge or dummy (which lead nowhere), or has its other end in one of
 * these namespaces too; that the internet has no default route; that none of them is the machine's.
 * Sends no packet.
 * @throws LabError that names what leads out.
 */
export async function assertSealed(lab: SealedSubject): Promise<SealedProof> {
  const paths = labPaths(lab.id);
  // A container that starts or ends meanwhile has a cable to a namespace not listed yet: look again before refusing.
  for (let tries = 0; ; tries += 1) {
    const namespaces = await probe(paths, lab.machineInode);
    const problems = findProblems(lab, namespaces);
    if (problems.length === 0) return proof(lab, namespaces);
    if (tries === 3) {
      throw new LabError(
        `The lab "${lab.id}" is not sealed: ${problems.join('; ')}.`,
        'Stop it (`node lab/cli.ts down`) and run no test against it.',
      );
    }
    await sleep(100);
  }
}

async function probe(paths: LabPaths, machineInode: number): Promise<readonly ProbedNamespace[]> {
  const input: { name: string; file: string }[] = [
    { name: 'host', file: netnsFile(paths.netns.host) },
    { name: 'inet', file: netnsFile(paths.netns.inet) },
  ];
  const seen = new Set<number | undefined>([
    machineInode,
    namespaceInode('/proc/1/ns/net'),
    undefined,
    ...input.map(({ file }) => namespaceInode(file)),
  ]);
  for (const file of await containerNamespaceFiles(paths)) {
    const inode = namespaceInode(file);
    if (seen.has(inode)) continue;
    seen.add(inode);
    input.push({ name: `container-${inode}`, file });
  }
  const args = ['--mount', '--propagation', 'private', process.execPath, join(import.meta.dirname, 'sealed-probe.ts')];
  return JSON.parse(await run('unshare', args, { input: JSON.stringify(input satisfies ProbeInput) })) as ProbedNamespace[];
}

/** Namespaces of the processes in the engine's control groups, and those that the engine holds for containers about to start. */
async function containerNamespaceFiles(paths: LabPaths): Promise<readonly string[]> {
  const files: string[] = [];
  for (const pid of await cgroupProcesses(paths.cgroup)) {
    files.push(`/proc/${pid}/ns/net`);
  }
  const engine = [...(await cgroupProcesses(paths.cgroup, 'engine'))][0];
  if (engine === undefined) return files;
  // Where Docker, and where Podman, keeps them.
  for (const directory of [join(paths.execRoot, 'netns'), '/run/netns']) {
    const sandboxes = join(`/proc/${engine}/root`, directory);
    for (const name of await readdir(sandboxes).catch(() => [])) files.push(join(sandboxes, name));
  }
  return files;
}

/** The network namespace of each thread; undefined for one that could not be read. A thread that ended meanwhile is none. */
function threadNamespaces(pid: number): readonly (number | undefined)[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
      const file = `/proc/${pid}/task/${thread}/ns/net`;
      const inode = namespaceInode(file);
      return inode === undefined && !existsSync(`/proc/${pid}/task/${thread}`) ? [] : [inode];
    });
  } catch {
    return [];
  }
}

function findProblems(lab: SealedSubject, namespaces: readonly ProbedNamespace[]): readonly string[] {
  const problems: string[] = [];
  const machine = [lab.machineInode, namespaceInode('/proc/1/ns/net')];
  for (const name of ['host', 'inet'] as const) {
    const namespace = namespaces.find((each) => each.name === name);
    if (namespace === undefined) {
      problems.push(`its namespace "${name}" is gone`);
      continue;
    }
    if (machine.includes(namespace.inode)) problems.push(`its namespace "${name}" is the machine's own`);
    const inhabitant = lab.pids[name === 'host' ? 'engine' : 'internet'];
    const threads = threadNamespaces(inhabitant);
    // An engine written in Go leaves threads in the namespaces of its containers; the main one may be one of them.
    if (!threads.includes(namespace.inode)) problems.push(`process ${inhabitant} is not in namespace "${name}"`);
    if (threads.some((inode) => inode === undefined || machine.includes(inode)))
      problems.push(`process ${inhabitant} is in the machine's own namespace`);
    if (name === 'inet' && namespace.routes.some(({ dst }) => ['default', '0.0.0.0/0', '::/0'].includes(dst)))
      problems.push('the stand-in internet has a default route');
  }
  for (const namespace of namespaces) {
    for (const link of namespace.links) {
      const problem = leak(link, namespace, namespaces);
      if (problem !== undefined) problems.push(`device ${link.ifname} in namespace "${namespace.name}" ${problem}`);
    }
  }
  return problems;
}

/** Why a device might lead out, or undefined. */
function leak(link: ProbedLink, namespace: ProbedNamespace, all: readonly ProbedNamespace[]): string | undefined {
  const kind = deviceKind(link);
  if (kind === 'loopback' || kind === 'bridge' || kind === 'dummy' || kind === 'fallback tunnel') return undefined;
  if (kind !== 'veth' && kind !== 'macvlan' && kind !== 'ipvlan') return `is of kind "${kind}", which a lab never has`;
  const end = otherEnd(link, namespace, all);
  if (end === undefined) return `(${kind}) leads to a namespace that is not the lab's`;
  // A far end that the lab does not list would be a contradiction in what the kernel said: trust none of it.
  return end.link === undefined ? `(${kind}) has no other end in "${end.namespace.name}"` : undefined;
}

function otherEnd(
  link: ProbedLink,
  namespace: ProbedNamespace,
  all: readonly ProbedNamespace[],
): { namespace: ProbedNamespace; link: ProbedLink | undefined } | undefined {
  if (link.link_netnsid === undefined) {
    const found = namespace.links.find(({ ifname }) => ifname === link.link);
    return found === undefined ? undefined : { namespace, link: found };
  }
  const name = namespace.ids.find(({ nsid }) => nsid === link.link_netnsid)?.name;
  const far = all.find((each) => each.name === name);
  return far === undefined ? undefined : { namespace: far, link: far.links.find(({ ifindex }) => ifindex === link.link_index) };
}

function deviceKind(link: ProbedLink): string {
  if (link.link_type === 'loopback') return 'loopback';
  if (fallbackTunnels.includes(link.ifname) && link.link_netnsid === undefined && !link.flags.includes('UP'))
    return 'fallback tunnel';
  return link.linkinfo?.info_kind ?? 'physical';
}

function proof(lab: SealedSubject, namespaces: readonly ProbedNamespace[]): SealedProof {
  const devices = namespaces.flatMap((namespace) =>
    namespace.links.map((link): SealedDevice => {
      const end = ['veth', 'macvlan', 'ipvlan'].includes(deviceKind(link)) ? otherEnd(link, namespace, namespaces) : undefined;
      return {
        namespace: namespace.name,
        name: link.ifname,
        kind: deviceKind(link),
        ...(end === undefined ? {} : { leadsTo: end.namespace.name }),
      };
    }),
  );
  return {
    checkedAt: new Date().toISOString(),
    machineInode: lab.machineInode,
    namespaces: namespaces.map(({ name, inode }) => ({ name, inode })),
    devices,
  };
}
