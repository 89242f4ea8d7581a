import { recognizeBulkhead, recognizeProfileLabel } from './bulkhead.ts';
import type { Recognizer, Sighting } from './container.ts';
import type { ContainerSummary } from '../model/container.ts';
import { recognizeDockerMcpGateway } from './docker-mcp-gateway.ts';
import { recognizeImageLabel } from './image-label.ts';
import { recognizeImageName } from './image-name.ts';
import { recognizeMcpproxy } from './mcpproxy.ts';
import { recognizeToolHive } from './toolhive.ts';

/** Surest first: of several that know a server, the first names it. */
const RECOGNIZERS: readonly Recognizer[] = [
  recognizeBulkhead,
  recognizeToolHive,
  recognizeDockerMcpGateway,
  recognizeMcpproxy,
  recognizeProfileLabel,
  recognizeImageLabel,
  recognizeImageName,
];

/** What a container is. Whoever calls it a part has the last word: a probe with a profile label stays a probe. */
export function recognize(container: ContainerSummary): Sighting | undefined {
  const sightings = RECOGNIZERS.map((recognizer) => recognizer(container)).filter((sighting) => sighting !== undefined);
  return sightings.find((sighting) => sighting.kind === 'part') ?? sightings[0];
}

export function aliasOf(container: ContainerSummary): string | undefined {
  const sighting = recognize(container);
  return sighting?.kind === 'server' ? sighting.alias : undefined;
}
