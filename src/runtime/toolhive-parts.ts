import type Docker from 'dockerode';

/** Labels of ToolHive (stacklok/toolhive `pkg/labels/labels.go`, `pkg/container/docker/client.go`). */
const NAME = 'toolhive-name';
const SIDECAR = 'toolhive-auxiliary-workload';

interface Parts {
  readonly containers: readonly Docker.ContainerInfo[];
  readonly networks: readonly Docker.NetworkInspectInfo[];
}

/**
 * What belongs to servers that ToolHive started for us and carries none of our labels: ToolHive hands those on to the
 * server alone. Its sidecars and its network are known by their names, which begin with or hold the server's.
 */
export async function toolhiveParts(
  docker: Docker,
  servers: readonly { readonly Labels: Readonly<Record<string, string>> }[],
): Promise<Parts> {
  const names = servers.flatMap(({ Labels }) => Labels[NAME] ?? []);
  if (names.length === 0) return { containers: [], networks: [] };
  const sidecars = new Set(names.flatMap((name) => ['egress', 'ingress', 'dns'].map((part) => `${name}-${part}`)));
  const internal = new Set(names.map((name) => `toolhive-${name}-internal`));
  const containers = await docker.listContainers({ all: true, filters: { label: [`${SIDECAR}=true`] } });
  const networks = await docker.listNetworks({ filters: { label: ['toolhive=true'] } });
  return {
    containers: containers.filter(({ Labels }) => sidecars.has(Labels[NAME] ?? '')),
    networks: networks.filter(({ Name }) => internal.has(Name)),
  };
}
