import { readdirSync, readFileSync, existsSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { BulkheadError, messageOf } from '../errors.ts';
import { currentContext, readContext, type EndpointReads } from './endpoint-context.ts';
import { parseHost, type EngineHost } from './endpoint-host.ts';

/**
 * Options for dockerode. Every key is there, if only as `undefined`: where one is absent, docker-modem 5.0
 * (`lib/modem.js`) takes DOCKER_HOST, certificates and a timeout from the process's environment, and a host
 * from there wins over a socket path. Construct with `withoutEngineVariables`.
 */
export interface ModemOptions {
  readonly socketPath: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly protocol: 'http' | 'https' | undefined;
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly timeout: undefined;
  readonly agent: https.Agent | undefined;
}

/** How the engine was found: by `--host`, by an environment variable, by a docker context, or where engines usually are. */
export type EndpointSource = 'flag' | 'DOCKER_HOST' | `context ${string}` | 'default';

export interface EngineEndpoint {
  /** Safe to show and to store: without credentials. */
  readonly url: string;
  readonly source: EndpointSource;
  readonly modem: ModemOptions;
  /** Present when TLS is spoken. `verify` is false only where a context or DOCKER_TLS says so. */
  readonly tls?: { readonly verify: boolean; readonly directory: string };
}

export interface EndpointInput extends EndpointReads {
  /** The value of `--host`. */
  readonly host?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
}

/** The real file system for `resolveEndpoint`. */
export const FILE_SYSTEM: EndpointReads = {
  exists: existsSync,
  readFile: (file) => orAbsent(() => readFileSync(file), undefined),
  listDirectory: (directory) => orAbsent<readonly string[]>(() => readdirSync(directory), []),
};

/**
 * Which engine to talk to, in the docker command's order: `--host`, DOCKER_HOST, DOCKER_CONTEXT, the current
 * context, and then the first socket that exists among the usual ones of Docker and Podman.
 * @throws BulkheadError `usage` for a malformed setting or an unknown context, `engine-unreachable` when no
 * usual socket exists
 */
export function resolveEndpoint(input: EndpointInput): EngineEndpoint {
  const { env, platform } = input;
  const paths = platform === 'win32' ? path.win32 : path.posix;
  const config = env['DOCKER_CONFIG'] || paths.join(input.homeDirectory, '.docker');

  if (input.host !== undefined) return given(input.host, '--host', 'flag');
  if (env['DOCKER_HOST']) return given(env['DOCKER_HOST'], 'DOCKER_HOST', 'DOCKER_HOST');
  const directory = { path: config, join: (...parts: string[]) => paths.join(...parts), reads: input };
  const name = env['DOCKER_CONTEXT'] || currentContext(directory);
  if (name !== undefined && name !== 'default') {
    const where = env['DOCKER_CONTEXT'] ? 'DOCKER_CONTEXT' : paths.join(config, 'config.json');
    const context = readContext(name, where, directory);
    const host = parseHost(context.host, `docker context ${name}`, platform);
    const wanted = context.skipTlsVerify || hasFiles(context.tlsDirectory);
    return endpoint(host, `context ${name}`, { wanted, verify: !context.skipTlsVerify, directory: context.tlsDirectory });
  }
  return endpoint({ kind: 'socket', ...usualSocket(input) }, 'default', { wanted: false, verify: true, directory: config });

  function given(text: string, where: string, source: EndpointSource): EngineEndpoint {
    // Any value counts, as in the docker command: DOCKER_TLS_VERIFY=0 verifies too.
    const verify = Boolean(env['DOCKER_TLS_VERIFY']);
    const wanted = verify || Boolean(env['DOCKER_TLS']);
    const host = parseHost(text, where, platform);
    if (verify && host.kind === 'tcp' && host.tls === 'no') {
      throw new BulkheadError('usage', `${where} says http:// and DOCKER_TLS_VERIFY asks for TLS.`, {
        hint: 'Write https://, or unset DOCKER_TLS_VERIFY.',
      });
    }
    return endpoint(host, source, {
      wanted,
      verify: verify || !wanted,
      directory: env['DOCKER_CERT_PATH'] || config,
    });
  }

  function endpoint(host: EngineHost, source: EndpointSource, tls: TlsSettings): EngineEndpoint {
    if (host.kind === 'socket') return { url: host.url, source, modem: { ...NO_OPTIONS, socketPath: host.path } };
    const tcp = { ...NO_OPTIONS, host: host.host, port: host.port };
    if (host.tls === 'no' || (host.tls === 'unsaid' && !tls.wanted)) {
      return { url: host.url, source, modem: { ...tcp, protocol: 'http' } };
    }
    const agent = tls.verify ? undefined : new https.Agent({ rejectUnauthorized: false });
    const modem = { ...tcp, ...certificates(tls.directory), protocol: 'https' as const, agent };
    return { url: host.url, source, modem, tls: { verify: tls.verify, directory: tls.directory } };
  }

  /** Names of the files: docker/cli, the same for DOCKER_CERT_PATH and for contexts. */
  function certificates(from: string): Pick<ModemOptions, 'ca' | 'cert' | 'key'> {
    const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readCertificate(paths.join(from, file)));
    if (ca === undefined && env['DOCKER_CERT_PATH'] === from) {
      throw new BulkheadError('usage', `DOCKER_CERT_PATH: there is no ca.pem in ${from}.`, {
        hint: 'It is the directory that holds ca.pem, cert.pem and key.pem.',
      });
    }
    if ((cert === undefined) !== (key === undefined)) {
      throw new BulkheadError('usage', `${from} holds only one of cert.pem and key.pem.`, {
        hint: 'A client certificate needs both.',
      });
    }
    return { ca, cert, key };
  }

  function readCertificate(file: string): Buffer | undefined {
    try {
      return input.readFile(file);
    } catch (error) {
      throw new BulkheadError('usage', `${file} cannot be read: ${messageOf(error)}.`, {
        hint: 'The engine is spoken to with TLS: make the file readable, or name another engine with --host.',
        cause: error,
      });
    }
  }

  function hasFiles(from: string): boolean {
    return ['ca.pem', 'cert.pem', 'key.pem'].some((file) => input.exists(paths.join(from, file)));
  }
}

interface TlsSettings {
  readonly wanted: boolean;
  readonly verify: boolean;
  readonly directory: string;
}

const NO_OPTIONS: ModemOptions = {
  socketPath: undefined,
  host: undefined,
  port: undefined,
  protocol: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  timeout: undefined,
  agent: undefined,
};

function usualSocket(input: EndpointInput): { readonly url: string; readonly path: string } {
  const candidates = usualSockets(input);
  const found = candidates.find((candidate) => input.exists(candidate));
  if (found === undefined) {
    throw new BulkheadError('engine-unreachable', `No container engine was found. Looked for ${candidates.join(', ')}.`, {
      hint: 'Start Docker or Podman (systemctl --user start podman.socket), or name an engine with --host or DOCKER_HOST.',
    });
  }
  return { url: `${input.platform === 'win32' ? 'npipe' : 'unix'}://${found}`, path: found };
}

function usualSockets({ platform, env, homeDirectory }: EndpointInput): readonly string[] {
  if (platform === 'win32') return ['//./pipe/docker_engine', '//./pipe/podman-machine-default'];
  const runtime = env['XDG_RUNTIME_DIR'];
  const ofUser = (name: string) => (runtime ? [path.posix.join(runtime, name)] : []);
  return [
    '/var/run/docker.sock',
    ...ofUser('docker.sock'),
    path.posix.join(homeDirectory, '.docker/run/docker.sock'),
    path.posix.join(homeDirectory, '.docker/desktop/docker.sock'),
    ...ofUser('podman/podman.sock'),
    '/run/podman/podman.sock',
  ];
}

function orAbsent<T>(read: () => T, absent: T): T {
  try {
    return read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return absent;
    throw error;
  }
}
