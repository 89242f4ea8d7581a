import { installPackages } from '../apt.ts';
import { findProgram } from '../run.ts';
import { LabError } from '../errors.ts';
import { dockerService } from './docker.ts';
import type { PreparedEngine, PrepareOptions } from './engine.ts';

/**
 * The dockerd on this machine's PATH; installed by apt-get when there is none.
 * @throws LabError when it cannot be installed.
 */
export async function distributionDocker({ onProgress }: PrepareOptions): Promise<PreparedEngine> {
  if (findProgram('dockerd') === undefined || findProgram('iptables') === undefined) {
    onProgress('installing docker.io and iptables (no service is started)');
    await installPackages(['docker.io', 'iptables']);
  }
  const program = findProgram('dockerd');
  if (program === undefined)
    throw new LabError('docker.io is installed, but there is no dockerd.', 'Look at `dpkg -L docker.io`.');
  return { tree: undefined, service: (paths) => dockerService(program, paths) };
}
