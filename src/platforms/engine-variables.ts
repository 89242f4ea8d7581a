import type { Engine } from '../runtime/connect.ts';
import type { PlatformSettings } from './settings.ts';

type Variables = Readonly<Record<string, string>>;

/**
 * The caller's variables, with those of the docker command leading to this engine: a platform that starts servers on
 * another one would be audited in vain. Certificates stay as the caller set them where the engine speaks TCP.
 */
export function dockerVariables({ facts }: Engine, { env }: PlatformSettings): Variables {
  const tcp = !isSocket(facts.endpoint);
  return { ...defined(env, (name) => name !== 'DOCKER_CONTEXT' && (tcp || !TLS.has(name))), DOCKER_HOST: facts.endpoint };
}

const TLS = new Set(['DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH']);

function isSocket(endpoint: string): boolean {
  return /^(?:unix|npipe):/.test(endpoint);
}

/** The same for ToolHive, which reads none of these: it takes a socket, and of several variables the first that is set. */
export function toolhiveVariables({ facts }: Engine, { env }: PlatformSettings): Variables | undefined {
  const socket = /^unix:\/\/(\/.+)$/.exec(facts.endpoint)?.[1];
  if (socket === undefined) return undefined;
  return {
    ...defined(env, (name) => !/^TOOLHIVE_(?:DOCKER|PODMAN|COLIMA)_SOCKET$/.test(name)),
    [facts.product === 'Podman' ? 'TOOLHIVE_PODMAN_SOCKET' : 'TOOLHIVE_DOCKER_SOCKET']: socket,
    TOOLHIVE_RUNTIME: 'docker',
    // A server's start is no occasion to tell anybody of it.
    TOOLHIVE_SKIP_UPDATE_CHECK: 'true',
    TOOLHIVE_USAGE_METRICS_ENABLED: 'false',
  };
}

function defined(env: PlatformSettings['env'], keep: (name: string) => boolean): Variables {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && keep(name) ? [[name, value]] : [])),
  );
}
