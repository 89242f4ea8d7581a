import { assignProfiles, parseProfileFlags } from '../discovery/profile-flags.ts';
import { findDeclaration } from '../discovery/declaration.ts';
import { discoverTargets } from '../discovery/discover.ts';
import { findEndpoint } from '../discovery/endpoint.ts';
import { runConfigDirectory } from '../discovery/toolhive.ts';
import type { Target } from '../model/target.ts';
import type { InspectedContainer } from '../runtime/containers.ts';
import { matchesGlob } from './glob.ts';
import type { Subject } from './request.ts';
import { homeDirectory } from '../runtime/home-directory.ts';

/** A profile for servers by name or image; what is absent fits everything. */
export interface ProfileRule {
  readonly target?: string;
  readonly image?: string;
  /** File or built-in name. */
  readonly profile: string;
  /** Where it stands, for people. */
  readonly where: string;
}

export interface SelectionRequest {
  readonly names: readonly string[];
  readonly all: boolean;
  /** Values of `--profile`. */
  readonly profiles: readonly string[];
  /** Of the configuration: the first that fits speaks where no `--profile` does. */
  readonly rules?: readonly ProfileRule[];
}

/** Which containers are audited, each with the profile that it is measured against. */
export async function selectSubjects(
  containers: readonly InspectedContainer[],
  request: SelectionRequest,
): Promise<{ readonly subjects: readonly Subject[]; readonly notes: readonly string[] }> {
  const flags = parseProfileFlags(request.profiles);
  const { targets, notes } = discoverTargets(containers, { names: request.names, all: request.all });
  const { configured, idle } = configuredProfiles(request.rules ?? [], targets);
  const tools = {
    profiles: { ...assignProfiles(flags, targets, containers), configured },
    runConfigDirectory: runConfigDirectory({ env: process.env, homeDirectory: homeDirectory(), platform: process.platform }),
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
  return { subjects: subjects.flat(), notes: [...notes, ...idle.map(({ where }) => `${where} fits no server of this audit.`)] };
}

/** What the configuration says of each server, and the rules that fit none: a mistyped name would leave one unjudged. */
export function configuredProfiles(
  rules: readonly ProfileRule[],
  targets: readonly Target[],
): { readonly configured: ReadonlyMap<Target['id'], string>; readonly idle: readonly ProfileRule[] } {
  const configured = new Map<Target['id'], string>();
  for (const target of targets) {
    const rule = rules.find((each) => fits(each, target));
    if (rule !== undefined) configured.set(target.id, rule.profile);
  }
  return { configured, idle: rules.filter((rule) => !targets.some((target) => fits(rule, target))) };
}

/** What the configuration says of an image that no container runs yet: the first rule for it that names no server. */
export function profileForImage(rules: readonly ProfileRule[], reference: string): string | undefined {
  return rules.find(({ target, image }) => target === undefined && image !== undefined && matchesGlob(image, reference))?.profile;
}

function fits({ target, image }: ProfileRule, server: Target): boolean {
  return (
    (target === undefined || matchesGlob(target, server.name)) &&
    (image === undefined || matchesGlob(image, server.image.reference))
  );
}
