/** A container as an engine lists and describes it, whatever engine that is. Every string in it may be hostile. */
export interface ContainerSummary {
  /** 64 lower-case hex digits. */
  readonly id: string;
  /** Without the leading slash of Docker's API. */
  readonly name: string;
  readonly image: { readonly reference: string; readonly id: string };
  /** Labels of the image: whatever the container merely inherited. */
  readonly imageLabels: Readonly<Record<string, string>>;
  /** Labels of the container, inherited ones included, as engines list them. */
  readonly labels: Readonly<Record<string, string>>;
  /** The engine's word: `running`, `paused`, `exited`, … */
  readonly state: string;
  readonly startedAt: string;
  readonly createdAt: string;
  /** `NAME=value`. Read for hints about the transport; never stored, never printed. */
  readonly environment: readonly string[];
  readonly exposedPorts: readonly number[];
  readonly command: readonly string[];
}
