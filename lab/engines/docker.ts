import { join } from 'node:path';
import { internetPlan } from '../addresses.ts';
import type { LabPaths } from '../paths.ts';
import type { TreeSoftware } from './debootstrap.ts';
import type { EngineService } from './engine.ts';

export const docker: TreeSoftware = {
  title: 'docker.io',
  packages: ['docker.io', 'iptables', 'ca-certificates', 'iproute2', 'procps', 'mount'],
  service: (paths) => dockerService('/usr/sbin/dockerd', paths),
};

/** @param program Path of dockerd. */
export function dockerService(program: string, paths: LabPaths): EngineService {
  const configFile = join(paths.stateDir, 'daemon.json');
  return {
    argv: [
      program,
      `--config-file=${configFile}`,
      `--data-root=${paths.engineData}`,
      `--exec-root=${paths.execRoot}`,
      `--pidfile=${join(paths.execRoot, 'docker.pid')}`,
      `--host=unix://${paths.socketPath}`,
      // In the engine's private /run: for tests that mount the socket where people mount it.
      '--host=unix:///run/docker.sock',
      `--dns=${internetPlan.dns}`,
      '--exec-opt=native.cgroupdriver=cgroupfs',
      '--shutdown-timeout=5',
      '--log-level=warn',
    ],
    env: {},
    // An empty file, lest the machine's own /etc/docker/daemon.json speak.
    files: { [configFile]: '{}\n' },
    links: {},
  };
}
