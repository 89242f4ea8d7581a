import { isIPv6 } from 'node:net';
import { BulkheadError } from '../errors.ts';
import { escapeText } from '../model/text.ts';

/** The address of an engine, taken apart. */
export type EngineHost =
  /** A Unix socket or a Windows pipe. */
  | { readonly kind: 'socket'; readonly url: string; readonly path: string }
  | {
      readonly kind: 'tcp';
      readonly url: string;
      /** IPv6 in brackets, as the API client wants it. */
      readonly host: string;
      readonly port: number;
      /** `unsaid` for `tcp://`, where other settings decide. */
      readonly tls: 'yes' | 'no' | 'unsaid';
    };

const GOOD = 'Good values: unix:///var/run/docker.sock, tcp://engine.example:2376, npipe:////./pipe/docker_engine.';
/** Registered with IANA as docker and docker-s. */
const PLAIN_PORT = 2375;
const TLS_PORT = 2376;

/**
 * `unix://`, `npipe://` (Windows), `tcp://`, `http://`, `https://` and, as the docker command takes it, `host:port`.
 * @param where which setting it stands in, e.g. `DOCKER_HOST`
 * @throws BulkheadError `usage`
 */
export function parseHost(text: string, where: string, platform: NodeJS.Platform): EngineHost {
  const [, scheme = 'tcp', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(text) ?? [];
  // oxlint-disable-next-line no-control-regex -- a NUL in a path makes the API client throw
  if (/[\u0000-\u0020\u007f]/.test(text)) throw bad('it holds blanks or control characters');
  if (/^[/\\]/.test(text)) throw bad('a socket is written unix://PATH');
  switch (scheme.toLowerCase()) {
    case 'unix':
      if (platform === 'win32') throw bad('unix:// does not exist on Windows');
      if (!rest.startsWith('/')) throw bad('the path of the socket is not absolute');
      return { kind: 'socket', url: `unix://${rest}`, path: rest };
    case 'npipe':
      if (platform !== 'win32') throw bad('npipe:// exists on Windows alone');
      if (!/^\/\/[^/]+\/pipe\/./.test(rest)) throw bad('it names no pipe');
      return { kind: 'socket', url: `npipe://${rest}`, path: rest };
    case 'tcp':
    case 'http':
    case 'https':
      return parseTcp(scheme.toLowerCase(), rest, text.includes('://'), bad);
    case 'ssh':
      // The API client's own ssh checks no host key: whoever sits in between could play an engine where all is well.
      throw new BulkheadError('usage', `${where}: ssh:// is not spoken by Bulkhead itself (${shown(text)}).`, {
        hint: 'Let OpenSSH carry it: ssh -nNT -L /tmp/engine.sock:/var/run/docker.sock USER@HOST, then --host unix:///tmp/engine.sock.',
      });
    default:
      throw bad(`${escapeText(scheme, 20)}:// is not known`);
  }

  function bad(why: string): BulkheadError {
    return new BulkheadError('usage', `${where}: ${shown(text)} is no address of an engine: ${why}.`, { hint: GOOD });
  }
}

function parseTcp(scheme: string, rest: string, hasScheme: boolean, bad: (why: string) => BulkheadError): EngineHost {
  if (rest.includes('@')) throw bad('a user or password has no meaning here');
  const parts = /^(\[[^\]]*\]|[^:/?#[\]]*)(?::([^/?#]*))?(.*)$/s.exec(rest);
  const [, host = '', port, tail = ''] = parts ?? [];
  if (host === '' && rest !== '') throw bad('the host is missing');
  const isName = /^[a-z0-9_](?:[a-z0-9._-]{0,252})$/i.test(host);
  const isLiteral = host.startsWith('[') && isIPv6(host.slice(1, -1)) && !host.includes('%');
  if (!isName && !isLiteral) throw bad('its host is neither a name nor an address');
  if (!hasScheme && port === undefined) throw bad('it has no scheme');
  if (tail !== '' && tail !== '/') throw bad('a path behind the port is not supported');
  if (port !== undefined && !/^[1-9]\d{0,4}$/.test(port)) throw bad('its port is no number from 1 to 65535');
  const tls = scheme === 'https' ? 'yes' : scheme === 'http' ? 'no' : 'unsaid';
  const number = port === undefined ? (tls === 'yes' ? TLS_PORT : PLAIN_PORT) : Number(port);
  if (number > 65_535) throw bad('its port is no number from 1 to 65535');
  // Port 2376 is for TLS: speaking plainly there can only fail.
  const decided = tls === 'unsaid' && number === TLS_PORT ? 'yes' : tls;
  return { kind: 'tcp', url: `${scheme}://${host}:${number}`, host, port: number, tls: decided };
}

/** In quotes, without credentials that somebody may have put there. */
function shown(text: string): string {
  return `"${escapeText(text.replace(/\/\/[^/]*@/, '//…@'), 200)}"`;
}
