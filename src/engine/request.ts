import type { ToolCall } from '../model/attempt.ts';
import type { ObservationKind } from '../model/observation.ts';
import type { Declaration, Target } from '../model/target.ts';
import type { InternetCanary } from '../probes/context.ts';
import type { Engine } from '../runtime/connect.ts';
import type { InspectedContainer } from '../runtime/containers.ts';

/** A target, what it declares, and what the engine says of it. */
export interface Subject {
  readonly target: Target;
  readonly declaration: Declaration;
  readonly container: InspectedContainer;
}

export interface GatherRequest {
  readonly engine: Engine;
  readonly image: string;
  readonly subjects: readonly Subject[];
  /** Ids of the checks for which evidence is gathered. */
  readonly checks: readonly string[];
  readonly kinds: ReadonlySet<ObservationKind>;
  readonly internet: readonly InternetCanary[];
  /** False with `--no-internet`: nothing outside is dialled. */
  readonly useInternet: boolean;
  readonly management: readonly { readonly host: string; readonly port: number }[];
  readonly private: readonly { readonly host: string; readonly port: number }[];
  /** Undeclared neighbours of declared hosts. */
  readonly neighbors?: readonly { readonly host: string; readonly port: number }[];
  /** Which tool of a peer is called; absent = none. */
  readonly call?: ToolCall;
  /** Budget of one attempt, retries included, milliseconds. */
  readonly timeoutMs: number;
  /** How many containers are started at once. */
  readonly concurrency: number;
  readonly notes: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: (message: string) => void;
}
