import { PROXY_PORT, type LaunchOptions } from '../model/compartment.ts';

/** Where the files of `--secret` are. */
export const SECRETS_DIRECTORY = '/run/secrets';

export interface ServerEnvironment {
  readonly options: LaunchOptions;
  /** `NAME=value`, of the image. */
  readonly imageEnv: readonly string[];
  /** There is a proxy at PROXY_PORT. */
  readonly proxy: boolean;
  /** Undefined over stdio. */
  readonly port: number | undefined;
  /** The user has no home in the image. */
  readonly homeless: boolean;
}

/**
 * The server's environment: what the person set, and beside it what tells a server where it is. A variable of
 * the person's is never replaced; one of the image is, where it would lead out of the compartment (a proxy
 * that cannot be reached, a port that nobody leads to).
 */
export function serverEnv({ options, imageEnv, proxy, port, homeless }: ServerEnvironment): readonly string[] {
  const set = new Set(options.env.map(nameOf));
  // curl reads the lower-case spelling, others the upper-case one: half a proxy would be two proxies.
  const setInAnyCase = new Set([...set].map((name) => name.toLowerCase()));
  const plain = [
    ...(port === undefined ? [] : httpVariables(options.transport, port)),
    ...(homeless && !imageEnv.some((entry) => nameOf(entry) === 'HOME') ? ['HOME=/tmp'] : []),
    ...options.secretFiles.map((name) => `${name}_FILE=${SECRETS_DIRECTORY}/${name}`),
  ].filter((entry) => !set.has(nameOf(entry)));
  const proxies = proxy ? proxyVariables().filter((entry) => !setInAnyCase.has(nameOf(entry).toLowerCase())) : [];
  return [...options.env, ...plain, ...proxies];
}

/** What ToolHive sets (`pkg/environment/environment.go`), and PORT, which more servers read than any of them. */
function httpVariables(transport: string, port: number): readonly string[] {
  return [`MCP_TRANSPORT=${transport}`, `MCP_PORT=${port}`, `FASTMCP_PORT=${port}`, 'MCP_HOST=127.0.0.1', `PORT=${port}`];
}

function proxyVariables(): readonly string[] {
  const url = `http://127.0.0.1:${PROXY_PORT}`;
  const entries = [
    ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].map((name) => [name, url] as const),
    ['NO_PROXY', 'localhost,127.0.0.1,::1'] as const,
  ];
  return entries.flatMap(([name, value]) => [`${name}=${value}`, `${name.toLowerCase()}=${value}`]);
}

function nameOf(entry: string): string {
  return entry.split('=')[0] ?? '';
}
