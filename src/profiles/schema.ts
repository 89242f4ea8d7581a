/**
 * ToolHive's permission profile as JSON Schema 2020-12. Field names: toolhive-core
 * `permissions/profile.go` (v0.0.41); limits: Bulkhead's own, far above any published profile.
 * The published copy is `schemas/profile.schema.json`.
 *
 * It says what a schema can say. What a host or a mount may look like beyond its pattern is in
 * `host-problems.ts` and `mounts.ts`.
 */

const LABEL = '[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';

const hosts = {
  type: 'array',
  maxItems: 1024,
  items: {
    type: 'string',
    maxLength: 254,
    pattern: `^(?:\\.?${LABEL}(?:\\.${LABEL})*|[0-9A-Fa-f]*:[0-9A-Fa-f:.]*)$`,
  },
} as const;

const mounts = {
  type: 'array',
  maxItems: 1024,
  items: {
    type: 'string',
    minLength: 1,
    maxLength: 4096,
    pattern: '^[^\\u0000-\\u001f\\u007f$&;|`]*$',
  },
} as const;

export const PROFILE_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'MCP server permission profile',
  description: 'What an MCP server in a container may do, in the format of ToolHive permission profiles.',
  type: 'object',
  additionalProperties: false,
  properties: {
    name: {
      description: 'A name for people.',
      type: 'string',
      maxLength: 256,
      pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
    },
    read: {
      description: 'Paths the server may read: path, host-path:container-path or scheme://resource:container-path.',
      ...mounts,
    },
    write: {
      description: 'Paths the server may read and write, in the same three forms.',
      ...mounts,
    },
    network: {
      description: 'Network permissions. Absent: no network.',
      type: 'object',
      additionalProperties: false,
      properties: {
        mode: {
          description: 'host, bridge, none or the name of an engine network. Absent: the default of the runtime.',
          type: 'string',
          pattern: '^(?:[A-Za-z0-9][A-Za-z0-9_.:/-]{0,254})?$',
        },
        outbound: {
          description: 'Where the server may connect to. Absent: nowhere.',
          type: 'object',
          additionalProperties: false,
          properties: {
            insecure_allow_all: {
              description: 'Any host, any port. The lists beside it have no effect.',
              type: 'boolean',
            },
            allow_host: {
              description:
                'Host names or IP addresses; a leading dot means the domain and every name under it. Without allow_port: on 80 and 443.',
              ...hosts,
            },
            allow_port: {
              description: 'TCP ports. Without allow_host: of any public host.',
              type: 'array',
              maxItems: 1024,
              items: { type: 'integer', minimum: 1, maximum: 65535 },
            },
            allow_transport: {
              description: 'Retired in 2025 and without effect.',
              deprecated: true,
              type: 'array',
              maxItems: 16,
              items: { type: 'string', maxLength: 64 },
            },
          },
        },
        inbound: {
          description: 'Host names under which the server may be called.',
          type: 'object',
          additionalProperties: false,
          properties: { allow_host: { ...hosts } },
        },
      },
    },
    privileged: {
      description: 'Run the container with every capability and device.',
      type: 'boolean',
    },
  },
} as const;
