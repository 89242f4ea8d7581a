/** An answer by which a management API is known: to a GET that changes nothing and asks for no secret. */
export interface ManagementSign {
  /** Path of the request. */
  readonly path: string;
  /** Status codes of which one is a sign of it. */
  readonly statuses: readonly number[];
  /**
   * Texts of which one is in what is kept of the answer: its content type, a few headers (`location=/ui`), and the
   * title or the head of its body. Absent = the status is all there is, which says nothing on its own.
   */
  readonly texts?: readonly string[];
  /**
   * What such an answer shows: `open`, whoever asks is served without credentials; `closed`, they are asked for;
   * `known`, that it is there, for this page is given to everybody.
   */
  readonly shows: 'open' | 'closed' | 'known';
  /** What comes back may hold what is nobody's business: nothing but the status is kept. */
  readonly statusOnly?: true;
}

/** A management API of an MCP platform or of an engine. */
export interface ManagementApi {
  readonly name: string;
  /** Usual ports; TCP. */
  readonly ports: readonly number[];
  /** First and last port of a range from which it takes a free one; looked at where something listens. */
  readonly range?: readonly [number, number];
  /** An engine's own: HOST-004 speaks of it, not HOST-003. */
  readonly engine?: true;
  readonly signs: readonly ManagementSign[];
}

/** From the sources of each product. */
export const MANAGEMENT_APIS: readonly ManagementApi[] = [
  {
    name: 'ToolHive API',
    ports: [8080],
    // ToolHive Studio lets it take a port from here.
    range: [50_000, 50_100],
    signs: [
      { path: '/api/v1beta/version', statuses: [200], texts: ['"version"'], shows: 'open' },
      // With OIDC every path asks for credentials, and still sends the header that its own middleware sets.
      {
        path: '/api/v1beta/version',
        statuses: [401, 403],
        texts: ['cross-origin-resource-policy=same-origin'],
        shows: 'closed',
      },
      { path: '/health', statuses: [204], texts: ['x-toolhive-nonce'], shows: 'known' },
    ],
  },
  {
    name: 'MCP Inspector proxy',
    ports: [6277],
    signs: [
      { path: '/health', statuses: [200], texts: ['"status":"ok"'], shows: 'known' },
      // It lists the environment that servers are started with.
      { path: '/config', statuses: [200], shows: 'open', statusOnly: true },
      { path: '/config', statuses: [401, 403], shows: 'closed', statusOnly: true },
    ],
  },
  {
    name: 'MCP Inspector',
    ports: [6274],
    // Since 2.x the page holds the token of the API: of its body the title alone is kept.
    signs: [{ path: '/', statuses: [200], texts: ['MCP Inspector'], shows: 'known' }],
  },
  {
    name: 'Docker MCP Gateway',
    ports: [8811],
    signs: [
      { path: '/', statuses: [307], texts: ['location=/mcp', 'location=/sse'], shows: 'known' },
      { path: '/mcp', statuses: [401, 403], shows: 'closed', statusOnly: true },
      // A GET without a session is a client's fault, once the question of credentials is settled.
      { path: '/mcp', statuses: [200, 400, 405, 406], shows: 'open', statusOnly: true },
    ],
  },
  {
    name: 'agentgateway admin',
    ports: [15_000],
    signs: [{ path: '/', statuses: [307, 308], texts: ['location=/ui'], shows: 'open' }],
  },
  {
    name: 'MCP ContextForge',
    ports: [4444],
    signs: [{ path: '/health', statuses: [200], texts: ['"status"'], shows: 'known' }],
  },
  {
    name: 'gvproxy',
    ports: [80],
    // It sets no content type: Go takes the list for text.
    signs: [
      {
        path: '/services/forwarder/all',
        statuses: [200],
        texts: ['text/plain; charset=utf-8 [{"local":', 'text/plain; charset=utf-8 []', 'application/json ['],
        shows: 'open',
      },
    ],
  },
  {
    name: 'Docker Model Runner',
    ports: [12_434],
    signs: [{ path: '/', statuses: [200], texts: ['Docker Model Runner'], shows: 'open' }],
  },
  {
    name: 'Portainer',
    ports: [9000],
    signs: [
      { path: '/api/system/status', statuses: [200], texts: ['InstanceID'], shows: 'known' },
      { path: '/api/endpoints', statuses: [200], shows: 'open', statusOnly: true },
      { path: '/api/endpoints', statuses: [401, 403], shows: 'closed', statusOnly: true },
    ],
  },
  {
    name: 'Engine API',
    ports: [2375],
    engine: true,
    signs: [{ path: '/_ping', statuses: [200], texts: ['api-version='], shows: 'open' }],
  },
  {
    name: 'Engine API with TLS',
    ports: [2376],
    engine: true,
    signs: [{ path: '/_ping', statuses: [400], texts: ['HTTP request to an HTTPS server'], shows: 'closed' }],
  },
];

/** Headers of an answer that are kept, in small letters; of the ones that are `false` their presence alone. */
export const KEPT_HEADERS: Readonly<Record<string, boolean>> = {
  'api-version': true,
  'cross-origin-resource-policy': true,
  'libpod-api-version': true,
  location: true,
  'x-toolhive-nonce': false,
};

/** The sign that an answer is, with the surest first: one that says whether credentials are asked for. */
export function signIn(
  api: ManagementApi,
  path: string | undefined,
  answer: { readonly status?: number | undefined; readonly service?: string | undefined },
): ManagementSign | undefined {
  const { status, service = '' } = answer;
  if (status === undefined) return undefined;
  return api.signs.find(
    (sign) =>
      sign.path === path &&
      sign.statuses.includes(status) &&
      (sign.texts === undefined || sign.texts.some((text) => service.includes(text))),
  );
}

/** The API that is asked for with a path at a port. */
export function apiAt(port: number, path: string | undefined): ManagementApi | undefined {
  return MANAGEMENT_APIS.find((api) => isPortOf(api, port) && api.signs.some((sign) => sign.path === path));
}

export function isPortOf({ ports, range }: ManagementApi, port: number): boolean {
  return ports.includes(port) || (range !== undefined && port >= range[0] && port <= range[1]);
}
