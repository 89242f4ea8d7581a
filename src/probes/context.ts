import type { ToolCall } from '../model/attempt.ts';
import type { ConfigurationFacts, NamespaceFacts } from '../model/observation.ts';
import type { Canary } from '../model/probe-protocol.ts';
import type { Declaration, Target } from '../model/target.ts';

/** A destination outside, named by the user or by default, at which undeclared egress is tried. */
export interface InternetCanary {
  readonly host: string;
  readonly port: number;
  readonly protocol: 'tcp' | 'udp';
}

/** A namespace in which canaries of ours listen. */
export interface PlantedCanaries {
  readonly nonce: string;
  readonly ports: readonly Canary[];
}

export interface PeerView {
  readonly target: Target;
  readonly configuration: ConfigurationFacts;
  /** Absent before the twins have looked (a dry run). */
  readonly namespace?: NamespaceFacts;
  readonly canaries?: PlantedCanaries;
}

/** Everything that the plan of attempts for one target follows from. */
export interface PlanContext {
  readonly session: string;
  readonly target: Target;
  readonly declaration: Declaration;
  readonly configuration: ConfigurationFacts;
  readonly namespace?: NamespaceFacts;
  /** Names the profile allows, each with its ports. */
  readonly declared: readonly { readonly host: string; readonly port: number }[];
  permits(endpoint: { readonly host: string; readonly port: number; readonly protocol: 'tcp' | 'udp' }): boolean;
  readonly internet: readonly InternetCanary[];
  readonly management: readonly { readonly host: string; readonly port: number }[];
  /** Destinations in private ranges that the user named. */
  readonly private: readonly { readonly host: string; readonly port: number }[];
  /** Undeclared neighbours of declared hosts that the user named. */
  readonly neighbors?: readonly { readonly host: string; readonly port: number }[];
  /** Addresses of declared names, as the control's name server gave them; absent in a dry run. */
  readonly addresses?: ReadonlyMap<string, readonly string[]>;
  /** What may be called on a peer. */
  readonly call?: ToolCall;
  /** `http://…` by scheme of the destination; may hold credentials. */
  readonly proxies: { readonly http?: string; readonly https?: string };
  readonly hostNamespace?: NamespaceFacts;
  readonly hostCanaries?: PlantedCanaries;
  readonly peers: readonly PeerView[];
}
