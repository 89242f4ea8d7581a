/** What platforms that are other programs need to know of this machine; read once, by whoever parses the command line. */
export interface PlatformSettings {
  /** Of this process: PATH, HOME and what the platforms themselves read. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
