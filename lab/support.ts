import { existsSync } from 'node:fs';
import { findProgram } from './run.ts';

export type LabSupport = { readonly available: true } | { readonly available: false; readonly reason: string };

const programs = ['ip', 'nsenter', 'unshare', 'mount', 'umount', 'pivot_root', 'openssl'] as const;

/** Whether a lab can run on this machine; the reason is fit for a skipped test's name. Sends nothing, changes nothing. */
export function labSupport(): LabSupport {
  const reason = obstacle();
  return reason === undefined ? { available: true } : { available: false, reason };
}

function obstacle(): string | undefined {
  if (process.platform !== 'linux') return `the lab needs Linux, this is ${process.platform}`;
  if (process.geteuid?.() !== 0) return 'the lab needs root (namespaces and mounts)';
  if (process.features.typescript !== 'strip' || process.execve === undefined)
    return `the lab needs Node.js 22.18 or later, this is ${process.version}`;
  if (!existsSync('/proc/self/ns/net')) return 'this kernel has no network namespaces';
  if (!existsSync('/proc/sys/net/ipv6')) return 'this kernel has no IPv6';
  if (findProgram('dockerd') === undefined && findProgram('apt-get') === undefined)
    return 'there is no dockerd, and no apt-get to install it';
  const missing = programs.filter((program) => findProgram(program) === undefined);
  return missing.length === 0 ? undefined : `${missing.join(', ')} not found`;
}
