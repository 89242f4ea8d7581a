import { Type, type Static } from 'typebox';
import { HostileText } from './attempt.ts';
import type { Profile, Remark } from './profile.ts';

export const Platform = Type.Enum(['toolhive', 'docker-mcp-gateway', 'mcpproxy', 'bulkhead', 'none']);
export type Platform = Static<typeof Platform>;

/** Where a compose file may declare a container. */
export const Compose = Type.Object(
  { files: Type.Array(Type.String({ maxLength: 4096 }), { minItems: 1, maxItems: 16 }), service: HostileText },
  { additionalProperties: false },
);

/** A container that runs an MCP server. */
export const Target = Type.Object(
  {
    id: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    name: HostileText,
    image: Type.Object({ reference: HostileText, id: HostileText }, { additionalProperties: false }),
    platform: Platform,
    /** Why it is taken for an MCP server, e.g. `label toolhive=true`, `named on the command line`. */
    discoveredBy: HostileText,
    transport: Type.Enum(['stdio', 'streamable-http', 'sse', 'unknown']),
    /** Where its platform offers it on the host, in front of the container: a proxy process or a gateway. */
    endpoint: Type.Optional(
      Type.Object(
        {
          address: Type.String({ maxLength: 64 }),
          port: Type.Integer({ minimum: 1, maximum: 65535 }),
          path: Type.Optional(HostileText),
        },
        { additionalProperties: false },
      ),
    ),
    /** The service and the compose files, absolute, that its labels name: to be looked for, not to be believed. */
    compose: Type.Optional(Compose),
    /** The engine's word for it: `running`, `paused`, `restarting`, `exited`, … */
    state: HostileText,
    /** ISO 8601; changes when the container restarts. */
    startedAt: HostileText,
  },
  { additionalProperties: false },
);
export type Target = Static<typeof Target>;

export const DeclarationSource = Type.Enum(['flag', 'configuration', 'label', 'toolhive-run-config', 'built-in', 'none']);
export type DeclarationSource = Static<typeof DeclarationSource>;

/** A profile and where it was found. With source `none` the profile is the built-in `none`. */
export interface Declaration {
  readonly profile: Profile;
  readonly source: DeclarationSource;
  /** A file, a label's name, or a sentence: what a person looks at to change it. */
  readonly location: string;
  readonly remarks: readonly Remark[];
}
