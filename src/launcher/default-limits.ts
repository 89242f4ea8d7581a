import type { LaunchOptions } from '../model/compartment.ts';

const MIB = 1024 * 1024;

/** What a compartment gets when nobody says otherwise. */
export const DEFAULT_LIMITS = { memoryBytes: 512 * MIB, cpus: 2, pids: 256, tmpBytes: 64 * MIB } as const satisfies Pick<
  LaunchOptions,
  'memoryBytes' | 'cpus' | 'pids' | 'tmpBytes'
>;
