import type { ContainerSummary } from '../../../src/model/container.ts';

let counter = 0;

/** A 64-digit id that is new each time and does not share its beginning with others. */
export function newId(): string {
  counter += 1;
  return counter.toString(16).padStart(8, '0').repeat(8);
}

/** A running container that nothing recognises, but for what is given. */
export function container(fields: Partial<ContainerSummary> = {}): ContainerSummary {
  return {
    id: newId(),
    name: 'thing',
    image: { reference: 'docker.io/library/postgres:17', id: `sha256:${'0'.repeat(64)}` },
    imageLabels: {},
    labels: {},
    state: 'running',
    startedAt: '2026-01-02T03:04:05.000000000Z',
    createdAt: '2026-01-02T03:04:04.000000000Z',
    environment: [],
    exposedPorts: [],
    command: [],
    ...fields,
  };
}

/** As ToolHive labels the server of `thv run NAME`. */
export function toolhiveLabels(name: string, transport = 'stdio'): Record<string, string> {
  return {
    toolhive: 'true',
    'toolhive-name': name,
    'toolhive-basename': name,
    'toolhive-transport': transport,
    'toolhive-port': '54321',
    'toolhive-network-isolation': 'true',
  };
}

/** As ToolHive labels the egress, ingress and DNS containers beside it. */
export function toolhiveSidecarLabels(name: string): Record<string, string> {
  return {
    toolhive: 'true',
    'toolhive-name': name,
    'toolhive-basename': name,
    'toolhive-transport': 'stdio',
    'toolhive-port': '80',
    'toolhive-auxiliary-workload': 'true',
  };
}

/** As `docker mcp gateway run` labels a server. */
export function gatewayLabels(name: string): Record<string, string> {
  return { 'docker-mcp': 'true', 'docker-mcp-tool-type': 'mcp', 'docker-mcp-name': name, 'docker-mcp-transport': 'stdio' };
}

export function mcpproxyLabels(name: string): Record<string, string> {
  return {
    'com.mcpproxy.managed': 'true',
    'com.mcpproxy.instance': 'd0c5',
    'com.mcpproxy.server': name,
    'com.mcpproxy.created': '4711',
  };
}
