import type { Profile } from '../model/profile.ts';
import type { Engine } from '../runtime/connect.ts';

/** What a platform is asked to run. */
export interface PlatformRun {
  readonly engine: Engine;
  /** Unique for this run; a platform may put something before or behind it. */
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  /** `NAME=value`, handed on and never printed. */
  readonly env: readonly string[];
  readonly transport: 'stdio' | 'streamable-http' | 'sse';
  /** Where the server listens inside, for HTTP transports; absent = the image's own. */
  readonly port?: number;
  /** Absent: whatever the platform does when nothing is said. */
  readonly profile?: Profile;
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}

/** A server that a platform has started. */
export interface PlatformServer {
  /** The server's own container, 64 hexadecimal digits. */
  readonly containerId: string;
  /** What was done, as a person would type it; holds no secret. */
  readonly command: string;
  /** What of the profile the platform has no words for, and other things worth saying. */
  readonly notes: readonly string[];
  /** Removes everything that the start made. Idempotent; returns what could not be removed, in words. */
  readonly remove: () => Promise<readonly string[]>;
}

export type Availability =
  | { readonly state: 'ready'; readonly version: string }
  /** Reported, never passed over in silence. */
  | { readonly state: 'missing'; readonly why: string; readonly hint: string };

/** Something that starts MCP servers in containers: what `compare` compares. */
export interface Platform {
  /** As it is named on the command line: `docker`, `bulkhead`, `toolhive`, `compose:FILE`, or a program's path. */
  readonly name: string;
  readonly find: (engine: Engine) => Promise<Availability>;
  /** @throws BulkheadError when the server does not start; whatever was made is removed before. */
  readonly start: (run: PlatformRun) => Promise<PlatformServer>;
}
