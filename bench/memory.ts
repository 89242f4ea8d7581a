import type Docker from 'dockerode';
import { readdir, readFile } from 'node:fs/promises';

/** Resident memory of a container's processes, shared pages divided among those who share them, MiB. */
export async function pssOf(docker: Docker, container: string): Promise<number> {
  const { Processes } = (await docker.getContainer(container).top()) as { readonly Processes: readonly (readonly string[])[] };
  // The second column is the process id, on the machine that the engine runs on: this one.
  return sum(await Promise.all(Processes.map(([, pid = '']) => pssOfProcess(pid))));
}

/** Of the engine's own process that watches over a container: each container costs one. MiB. */
export async function pssOfWatchers(containers: readonly string[]): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const values = pids.map(async (pid) => {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const argv = line.split('\0');
    return argv[0]?.endsWith('containerd-shim-runc-v2') === true && containers.some((id) => argv.includes(id))
      ? pssOfProcess(pid)
      : 0;
  });
  return sum(await Promise.all(values));
}

async function pssOfProcess(pid: string): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1] ?? 0) / 1024;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
