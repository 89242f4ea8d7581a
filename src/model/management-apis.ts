/** A management API of an MCP platform and how to know it, by a request that changes nothing and asks for no secret. */
export interface ManagementApi {
  readonly name: string;
  /** Usual port; TCP. */
  readonly port: number;
  /** Path of a GET request. */
  readonly path: string;
  /** Status codes of which one is a sign of it. */
  readonly statuses: readonly number[];
  /** Text that its content type or the head of its body holds; absent = the status is all there is. */
  readonly sign?: string;
}

/** From the sources of each product; only those that answer without credentials by default. */
export const MANAGEMENT_APIS: readonly ManagementApi[] = [
  { name: 'ToolHive API', port: 8080, path: '/api/v1beta/version', statuses: [200], sign: '"version"' },
  { name: 'MCP Inspector proxy', port: 6277, path: '/health', statuses: [200], sign: '"status":"ok"' },
  { name: 'agentgateway admin', port: 15000, path: '/config_dump', statuses: [200], sign: 'application/json' },
  { name: 'MCP ContextForge', port: 4444, path: '/health', statuses: [200], sign: '"status"' },
  { name: 'gvproxy', port: 80, path: '/services/forwarder/all', statuses: [200], sign: 'application/json' },
  { name: 'Docker API', port: 2375, path: '/_ping', statuses: [200], sign: 'OK' },
  { name: 'Docker Model Runner', port: 12434, path: '/', statuses: [200], sign: 'Docker Model Runner' },
  { name: 'Portainer', port: 9000, path: '/api/system/status', statuses: [200], sign: 'InstanceID' },
];
