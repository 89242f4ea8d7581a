/** Names by number (capabilities(7), kernel 6.x: CAP_CHECKPOINT_RESTORE is 40). */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

/**
 * Capabilities that reach beyond the container: into the kernel, other processes, devices, the host's network
 * or files. What Docker grants by default is not among them; NET_RAW has a check of its own.
 */
const DANGEROUS: ReadonlySet<string> = new Set([
  'DAC_READ_SEARCH',
  'LINUX_IMMUTABLE',
  'NET_ADMIN',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_TIME',
  'SYS_RESOURCE',
  'SYS_TTY_CONFIG',
  'AUDIT_CONTROL',
  'AUDIT_READ',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
]);

/** The capabilities in a mask of 16 hexadecimal digits; ones that have no name here yet as `CAP_41`. */
export function capabilitiesIn(mask: string): readonly string[] {
  const bits = BigInt(`0x${mask}`);
  return Array.from({ length: 64 }, (_, number) => number)
    .filter((number) => ((bits >> BigInt(number)) & 1n) === 1n)
    .map((number) => NAMES[number] ?? `CAP_${number}`);
}

/** A capability that is not known here is taken for dangerous. */
export function isDangerous(name: string): boolean {
  return DANGEROUS.has(name) || name.startsWith('CAP_');
}

/** All capabilities that a kernel knows, given the number of its last one. */
export function isFull(mask: string, lastCapability: number): boolean {
  const full = (1n << BigInt(lastCapability + 1)) - 1n;
  return (BigInt(`0x${mask}`) & full) === full;
}
