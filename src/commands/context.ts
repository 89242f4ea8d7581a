/** What a command gets from the program that runs it. */
export interface CommandContext {
  /** Sets the exit code; the process ends by itself when everything is written. */
  readonly finish: (code: number) => void;
  /** Aborted by Ctrl-C, SIGTERM and a terminal that is closed. */
  readonly signal: AbortSignal;
}
