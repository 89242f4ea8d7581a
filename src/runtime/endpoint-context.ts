import { createHash } from 'node:crypto';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** The file system, as far as finding an engine needs it. */
export interface EndpointReads {
  readonly exists: (path: string) => boolean;
  /** `undefined` when there is no such file. */
  readonly readFile: (path: string) => Buffer | undefined;
  /** Empty when there is no such directory. */
  readonly listDirectory: (path: string) => readonly string[];
}

export interface DockerContext {
  readonly host: string;
  readonly skipTlsVerify: boolean;
  readonly tlsDirectory: string;
}

interface ConfigDirectory {
  readonly path: string;
  readonly join: (...parts: string[]) => string;
  readonly reads: EndpointReads;
}

/**
 * The context that `docker context use` chose, if any.
 * @throws BulkheadError `usage` when config.json is not JSON
 */
export function currentContext(directory: ConfigDirectory): string | undefined {
  const name = member(readJson(directory.join(directory.path, 'config.json'), directory.reads), 'currentContext');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/**
 * Layout of the store: docker/cli `cli/context/store`, directories named by the SHA-256 of the context's name.
 * @throws BulkheadError `usage` when it is unknown or has no engine's address
 */
export function readContext(name: string, where: string, directory: ConfigDirectory): DockerContext {
  const { join, path, reads } = directory;
  const digest = createHash('sha256').update(name).digest('hex');
  const file = join(path, 'contexts', 'meta', digest, 'meta.json');
  const meta = readJson(file, reads);
  if (meta === undefined) {
    throw new BulkheadError('usage', `${where}: there is no docker context "${escapeText(name, 100)}".`, {
      hint: `Known contexts: ${knownContexts(directory).join(', ')}.`,
    });
  }
  const endpoint = member(member(meta, 'Endpoints'), 'docker');
  const host = member(endpoint, 'Host');
  if (typeof host !== 'string' || host === '') {
    throw new BulkheadError(
      'usage',
      `The docker context "${escapeText(name, 100)}" names no engine: ${file} has no Endpoints.docker.Host.`,
      {
        hint: 'Choose another with DOCKER_CONTEXT, or give --host.',
      },
    );
  }
  return {
    host,
    skipTlsVerify: member(endpoint, 'SkipTLSVerify') === true,
    tlsDirectory: join(path, 'contexts', 'tls', digest, 'docker'),
  };
}

function knownContexts({ join, path, reads }: ConfigDirectory): readonly string[] {
  const store = join(path, 'contexts', 'meta');
  const names = reads
    .listDirectory(store)
    .slice(0, 50)
    .map((entry) => {
      try {
        return member(readJson(join(store, entry, 'meta.json'), reads), 'Name');
      } catch {
        return undefined;
      }
    })
    .filter((name) => typeof name === 'string');
  return ['default', ...names.map((name) => escapeText(name, 60)).toSorted()];
}

function readJson(file: string, reads: EndpointReads): unknown {
  let text: Buffer | undefined;
  try {
    text = reads.readFile(file);
    return text === undefined ? undefined : JSON.parse(text.toString('utf8'));
  } catch (error) {
    // config.json may hold credentials, and a parser's message quotes what it read.
    const why = text === undefined ? messageOf(error) : 'it is not JSON';
    throw new BulkheadError('usage', `${file} cannot be read: ${why}.`, {
      hint: 'Repair it, or give the engine with --host unix:///var/run/docker.sock.',
    });
  }
}

function member(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
