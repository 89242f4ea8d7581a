import type { Target } from '../model/target.ts';
import type { ContainerSummary } from '../model/container.ts';

type Transport = Target['transport'];

/** How launchers and servers spell the transports. */
const SPELLINGS: ReadonlyMap<string, Transport> = new Map<string, Transport>([
  ['stdio', 'stdio'],
  ['sse', 'sse'],
  ['http', 'streamable-http'],
  ['streamable', 'streamable-http'],
  ['streamable-http', 'streamable-http'],
  ['streamable_http', 'streamable-http'],
  ['streamablehttp', 'streamable-http'],
  ['streaming', 'streamable-http'],
]);

/** `http` alone is too common a word in a command line to mean anything. */
const BARE_ARGUMENTS: ReadonlySet<string> = new Set(['stdio', 'sse', 'streamable-http']);

function spelled(value: string | undefined): Transport | undefined {
  return value === undefined || value.length > 32 ? undefined : SPELLINGS.get(value.toLowerCase());
}

/**
 * A hint, not evidence: what the platform's label, the command line or MCP_TRANSPORT says, and for a server
 * that says nothing, whether it has a port to be called on.
 */
export function transportOf(container: ContainerSummary, labelled: string | undefined): Transport {
  const said = spelled(labelled) ?? spelled(fromCommand(container.command)) ?? spelled(fromEnvironment(container.environment));
  return said ?? (container.exposedPorts.length > 0 ? 'streamable-http' : 'unknown');
}

function fromCommand(command: readonly string[]): string | undefined {
  const flag = command.findIndex((argument) => argument === '--transport' || argument.startsWith('--transport='));
  const written = command[flag];
  if (written === undefined) return command.find((argument) => BARE_ARGUMENTS.has(argument));
  return written === '--transport' ? command[flag + 1] : written.slice('--transport='.length);
}

/** ToolHive sets it on every server, many servers read it. */
function fromEnvironment(environment: readonly string[]): string | undefined {
  return environment.find((entry) => entry.startsWith('MCP_TRANSPORT='))?.slice('MCP_TRANSPORT='.length);
}
