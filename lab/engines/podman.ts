import { join } from 'node:path';
import type { TreeSoftware } from './debootstrap.ts';

/** Podman has no daemon: what is started serves its Docker-compatible API, and each container has a conmon of its own. */
export const podman: TreeSoftware = {
  title: 'podman',
  packages: [
    'podman',
    'netavark',
    'aardvark-dns',
    'nftables',
    'runc',
    'catatonit',
    'ca-certificates',
    'iproute2',
    'procps',
    'mount',
  ],
  service: (paths) => {
    const configFile = join(paths.stateDir, 'containers.conf');
    return {
      argv: [
        '/usr/bin/podman',
        `--root=${paths.engineData}`,
        `--runroot=${paths.execRoot}`,
        '--cgroup-manager=cgroupfs',
        '--runtime=/usr/sbin/runc',
        '--log-level=warn',
        'system',
        'service',
        '--time=0',
        `unix://${paths.socketPath}`,
      ],
      env: { CONTAINERS_CONF: configFile, PODMAN_IGNORE_CGROUPSV1_WARNING: '1' },
      files: { [configFile]: configuration },
      // Where people mount the socket, under either name.
      links: { '/run/docker.sock': paths.socketPath, '/run/podman/podman.sock': paths.socketPath },
    };
  },
};

// There is no journal in the tree, where logs and events would go otherwise. Containers ask the tree's own name server.
const configuration = `[containers]
log_driver = "k8s-file"
[engine]
events_logger = "file"
`;
