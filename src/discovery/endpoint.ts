import ipaddr from 'ipaddr.js';
import type { ContainerSummary } from '../model/container.ts';
import { LABEL } from '../model/labels.ts';
import type { ConfigurationFacts } from '../model/observation.ts';
import type { Target } from '../model/target.ts';
import { creationLabel, label } from './container.ts';
import { readRunConfigProxy } from './toolhive-run-config.ts';
import { proxyLabels } from './toolhive.ts';

type Endpoint = NonNullable<Target['endpoint']>;

/** A container, and the ports that the engine published for it. */
export interface PublishedContainer extends ContainerSummary {
  readonly configuration: Pick<ConfigurationFacts, 'publishedPorts'>;
}

export interface EndpointSettings {
  /** `runConfigDirectory` of toolhive.ts. */
  readonly runConfigDirectory: string;
  readonly platform: NodeJS.Platform;
}

/** Where the platform of a target offers it on the host, as far as its labels and files say. Never throws. */
export async function findEndpoint(
  target: Target,
  container: ContainerSummary,
  containers: readonly PublishedContainer[],
  settings: EndpointSettings,
): Promise<Endpoint | undefined> {
  switch (target.platform) {
    case 'bulkhead':
      return ofGateway(target, container, containers);
    case 'toolhive':
      return ofProxy(container, settings);
    // mcpproxy and Docker MCP Gateway have one endpoint for all servers; their own API is looked for by its port.
    case 'docker-mcp-gateway':
    case 'mcpproxy':
    case 'none':
      return undefined;
  }
}

/** The gateway of the same compartment publishes its server. */
function ofGateway(
  { transport }: Target,
  container: ContainerSummary,
  containers: readonly PublishedContainer[],
): Endpoint | undefined {
  const session = creationLabel(container, LABEL.session);
  // Its role stands on its image too; a session is new with every compartment.
  const gateway = containers.find(
    (other) => label(other, LABEL.role) === 'gateway' && creationLabel(other, LABEL.session) === session,
  );
  const [published] = session === undefined ? [] : (gateway?.configuration.publishedPorts ?? []);
  if (published === undefined || !isPort(published.port)) return undefined;
  return { address: published.address, port: published.port, path: pathOf(transport) };
}

/** ToolHive's detached proxy process. Its run configuration knows the address, labels the port alone. */
async function ofProxy(container: ContainerSummary, settings: EndpointSettings): Promise<Endpoint | undefined> {
  const labels = proxyLabels(container);
  const config = await readRunConfigProxy(container, settings.runConfigDirectory, settings.platform);
  const port = isPort(config?.port) ? config.port : Number(labels.port);
  if (!isPort(port)) return undefined;
  // Over stdio the proxy speaks either; without a word about it both are tried.
  const path = labels.transport === 'stdio' ? config?.mode : labels.transport;
  return {
    address: addressOf(config?.host),
    port,
    ...(path === 'sse' || path === 'streamable-http' ? { path: pathOf(path) } : {}),
  };
}

/** ToolHive binds to the loopback unless it is told otherwise. */
function addressOf(host: unknown): string {
  return typeof host === 'string' && host.length <= 64 && ipaddr.isValid(host) ? host : '127.0.0.1';
}

function pathOf(transport: string): '/mcp' | '/sse' {
  return transport === 'sse' ? '/sse' : '/mcp';
}

function isPort(port: unknown): port is number {
  return typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
}
