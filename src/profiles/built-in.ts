import type { Profile } from '../model/profile.ts';

/** The two profiles that ToolHive knows by name (toolhive-core `permissions/profile.go`). */
export const BUILT_IN_NAMES = ['none', 'network'] as const;
export type BuiltInName = (typeof BUILT_IN_NAMES)[number];

function builtIn(name: BuiltInName, allowAll: boolean): Profile {
  return {
    name,
    read: [],
    write: [],
    network: {
      outbound: { insecure_allow_all: allowAll, allow_host: [], allow_port: [] },
      inbound: { allow_host: [] },
    },
    privileged: false,
  };
}

export const BUILT_IN_PROFILES: Readonly<Record<BuiltInName, Profile>> = {
  none: builtIn('none', false),
  network: builtIn('network', true),
};

export function isBuiltInName(name: string): name is BuiltInName {
  return BUILT_IN_NAMES.some((known) => known === name);
}
