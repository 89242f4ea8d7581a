import type { Recognizer } from './container.ts';

const MAX_REFERENCE = 1024;
const SERVER_WORDS: ReadonlySet<string> = new Set(['mcp', 'mcpserver']);
/** Words that make it another thing of the MCP world, unless it also says `server`. */
const OTHER_WORDS: ReadonlySet<string> = new Set([
  'catalog',
  'client',
  'clients',
  'forwarder',
  'gateway',
  'inspector',
  'l4proxy',
  'l7proxy',
  'registry',
]);

/** The repository path of an image reference in lower case, without registry, tag and digest. */
function repositoryPath(reference: string): readonly string[] {
  if (reference.length > MAX_REFERENCE) return [];
  const parts = (reference.split('@', 1)[0] ?? '').toLowerCase().split('/');
  // The first part is a registry when it has a dot, a port or is localhost (distribution reference grammar).
  if (parts.length > 1 && /[.:]|^localhost$/.test(parts[0] ?? '')) parts.shift();
  return parts.map((part) => part.split(':', 1)[0] ?? '');
}

function words(part: string): readonly string[] {
  return part.split(/[-_.]+/);
}

/** Whether the name of an image shows an MCP server. By words: `mcpelanza` has none of them. */
export function looksLikeServer(reference: string): boolean {
  const parts = repositoryPath(reference);
  const name = parts.at(-1) ?? '';
  const owner = parts.at(-2) ?? '';
  const said = words(name);
  if (!said.includes('server') && said.some((word) => OTHER_WORDS.has(word))) return false;
  return (
    said.some((word) => SERVER_WORDS.has(word)) ||
    // `mcp/git`, `docker.elastic.co/mcp/elasticsearch`
    owner === 'mcp' ||
    (owner === 'modelcontextprotocol' && name.startsWith('server-')) ||
    // `stackloklabs/osv-mcp/server`
    (name === 'server' && words(owner).includes('mcp')) ||
    // ToolHive's packaged servers: `stacklok/dockyard/npx/context7`
    (parts.at(-3) === 'dockyard' && parts.at(-4) === 'stacklok')
  );
}

export const recognizeImageName: Recognizer = (container) =>
  looksLikeServer(container.image.reference)
    ? { kind: 'server', platform: 'none', why: `image name ${container.image.reference}` }
    : undefined;
