import type Docker from 'dockerode';
import { readdir, readFile } from 'node:fs/promises';

/** MiB. */
export interface Size {
  /** Resident, shared pages divided among those who share them. */
  readonly pss: number;
  /** Of that, what no file holds: what one more of the same costs. */
  readonly anonymous: number;
}

/** Of a container's processes. */
export async function sizeOf(docker: Docker, container: string): Promise<Size> {
  const { Processes } = (await docker.getContainer(container).top()) as { readonly Processes: readonly (readonly string[])[] };
  // The second column is the process id, on the machine that the engine runs on: this one.
  return total(await Promise.all(Processes.map(([, pid = '']) => sizeOfProcess(pid))));
}

/** Of the engine's own processes that watch over containers: each costs one. */
export async function sizeOfWatchers(containers: readonly string[]): Promise<Size> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const watching = pids.map(async (pid) => {
    const argv = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const watches = argv[0]?.endsWith('containerd-shim-runc-v2') === true && containers.some((id) => argv.includes(id));
    return watches ? sizeOfProcess(pid) : { pss: 0, anonymous: 0 };
  });
  return total(await Promise.all(watching));
}

async function sizeOfProcess(pid: string): Promise<Size> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) / 1024;
  return { pss: field('Pss'), anonymous: field('Pss_Anon') };
}

function total(sizes: readonly Size[]): Size {
  return sizes.reduce((sum, { pss, anonymous }) => ({ pss: sum.pss + pss, anonymous: sum.anonymous + anonymous }), {
    pss: 0,
    anonymous: 0,
  });
}
