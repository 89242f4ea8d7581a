import { homedir } from 'node:os';
import { assignProfiles, parseProfileFlags } from '../discovery/profile-flags.ts';
import { findDeclaration } from '../discovery/declaration.ts';
import { discoverTargets } from '../discovery/discover.ts';
import { findEndpoint } from '../discovery/endpoint.ts';
import { runConfigDirectory } from '../discovery/toolhive.ts';
import type { InspectedContainer } from '../runtime/containers.ts';
import type { Subject } from './request.ts';

export interface SelectionRequest {
  readonly names: readonly string[];
  readonly all: boolean;
  /** Values of `--profile`. */
  readonly profiles: readonly string[];
}

/** Which containers are audited, each with the profile that it is measured against. */
export async function selectSubjects(
  containers: readonly InspectedContainer[],
  request: SelectionRequest,
): Promise<{ readonly subjects: readonly Subject[]; readonly notes: readonly string[] }> {
  const flags = parseProfileFlags(request.profiles);
  const { targets, notes } = discoverTargets(containers, { names: request.names, all: request.all });
  const tools = {
    profiles: assignProfiles(flags, targets, containers),
    runConfigDirectory: runConfigDirectory({ env: process.env, homeDirectory: homedir(), platform: process.platform }),
    platform: process.platform,
  };
  const byId = new Map(containers.map((container) => [container.id, container]));
  const subjects = await Promise.all(
    targets.map(async (target): Promise<readonly Subject[]> => {
      const container = byId.get(target.id);
      if (container === undefined) return [];
      const endpoint = await findEndpoint(target, container, containers, tools);
      const declaration = await findDeclaration(target, container, tools);
      return [{ target: endpoint === undefined ? target : { ...target, endpoint }, container, declaration }];
    }),
  );
  return { subjects: subjects.flat(), notes };
}
