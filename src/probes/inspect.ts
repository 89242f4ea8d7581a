import type { ConfigurationFacts } from '../model/observation.ts';
import type { InspectOrder } from '../model/probe-protocol.ts';
import type { MountDeclaration } from '../model/profile.ts';

/** Where engines put their API socket. */
const ENGINE_SOCKETS = [
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/run/podman/podman.sock',
  '/run/containerd/containerd.sock',
  '/run/crio/crio.sock',
  '/run/k3s/containerd/containerd.sock',
] as const;

/** What the identity twin is to try: declared paths, mounted paths, and every place where an engine's socket may be. */
export function planInspection(configuration: ConfigurationFacts, declared: readonly MountDeclaration[]): InspectOrder {
  const mounted = configuration.mounts.map(({ target }) => target);
  return {
    type: 'inspect',
    paths: [...new Set([...declared.map(({ target }) => target), ...mounted])].slice(0, 512),
    sockets: [...new Set([...ENGINE_SOCKETS, ...mounted.filter((path) => path.endsWith('.sock'))])].slice(0, 64),
  };
}

/** Whether, and why not, a twin may take on the identity of a target. */
export function mirrorObstacle(configuration: ConfigurationFacts): string | undefined {
  if (configuration.privileged) return 'a privileged target is never mirrored';
  if (configuration.pidMode !== '' && configuration.pidMode !== 'private' && configuration.pidMode !== 'shareable') {
    return `the target shares the process namespace of ${configuration.pidMode}: its process 1 is another's`;
  }
  return undefined;
}

/**
 * `uid:gid` as far as the configuration tells. A name is known to the target's image alone, and a uid without
 * a gid takes the gid of its entry there: then `undefined`, and the twin asks the running process.
 */
export function configuredUser(user: string): string | undefined {
  if (user === '' || user === '0' || user === 'root') return '0:0';
  return /^\d+:\d+$/.test(user) ? user : undefined;
}
