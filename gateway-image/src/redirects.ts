/**
 * Where a published server may send its client: to another path of its own. Most clients follow by themselves, with
 * all that they sent: an answer that leads elsewhere would make the client ask what the server may not, on a
 * network that the server does not have. `AnswerRefused` tells what it was.
 */
export class AnswerRefused extends Error {
  readonly location: string;

  constructor(location: string) {
    super('the server sends its client elsewhere');
    this.location = location;
  }
}

interface Published {
  /** Under which the server itself was asked. */
  readonly serverPort: number;
  /** Host header of the client. */
  readonly host: string | undefined;
}

/** Names that a server may have for itself: it is asked under the first, and may know the address that it listens on. */
const OWN = ['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '[::]'];

/**
 * The value of a `Location` as the client may have it: without the server's own host, which means another place outside.
 * @throws AnswerRefused
 */
export function ownLocation(location: string, { serverPort, host }: Published): string {
  const url = URL.parse(location, `http://127.0.0.1:${serverPort}/`);
  // Relative to the path that was asked for: as it is, for then it names no host.
  if (url !== null && /^[\w.~?#][\w.~?#/=&%+-]*$/.test(location)) return location;
  const isOwn = url?.protocol === 'http:' && Number(url.port || 80) === serverPort && OWN.includes(url.hostname);
  const isAsked = url !== null && /^https?:$/.test(url.protocol) && url.host === host?.toLowerCase();
  if (url === null || !(isOwn || isAsked)) throw new AnswerRefused(location);
  // Two slashes would begin another host.
  return `${url.pathname.replace(/^[/\\]+/, '/')}${url.search}${url.hash}`;
}
