/**
 * A permission profile in ToolHive's JSON format, accepted unchanged.
 * Source of the field names: toolhive-core `permissions/profile.go` (v0.0.41).
 */
export interface Profile {
  readonly name?: string;
  /** Paths the server may read: `path`, `host:container` or `scheme://resource:container`. */
  readonly read?: readonly string[];
  /** Paths the server may write, in the same three forms. */
  readonly write?: readonly string[];
  readonly network?: NetworkPermissions;
  readonly privileged?: boolean;
}

export interface NetworkPermissions {
  /** `host`, `bridge`, `none` or the name of an engine network; absent = the runtime's default. */
  readonly mode?: string;
  readonly outbound?: OutboundPermissions;
  readonly inbound?: InboundPermissions;
}

export interface OutboundPermissions {
  readonly insecure_allow_all?: boolean;
  /** Host names or IP literals; a leading dot means the apex and every subdomain. */
  readonly allow_host?: readonly string[];
  /** TCP ports, 1-65535. */
  readonly allow_port?: readonly number[];
}

export interface InboundPermissions {
  readonly allow_host?: readonly string[];
}

/** A mount entry of `read` or `write`, taken apart. */
export type MountDeclaration =
  | { readonly form: 'path'; readonly source: string; readonly target: string }
  | { readonly form: 'bind'; readonly source: string; readonly target: string }
  | { readonly form: 'resource'; readonly scheme: string; readonly source: string; readonly target: string };

/** Something legal and odd in a profile, worth a sentence. */
export interface Remark {
  /** Stable id, e.g. `hosts-without-ports`. */
  readonly code: string;
  /** JSON path in the profile, e.g. `network.outbound.allow_host[2]`. */
  readonly path: string;
  readonly message: string;
}
