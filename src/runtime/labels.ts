import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { LABEL } from '../model/labels.ts';

/** What a container or network that Bulkhead made is for. */
export type Role = 'probe' | 'control' | 'canary';

/** Longest life of anything a run creates, in milliseconds; the probe ends itself earlier. */
const LIFETIME_MS = 30 * 60_000;

export interface Session {
  readonly id: string;
  labels(role: Role): Record<string, string>;
}

/** Twelve hex digits. */
export function newSessionId(): string {
  return randomBytes(6).toString('hex');
}

/** A run of the tool. Everything it creates carries its labels. */
export function newSession(): Session {
  const id = newSessionId();
  const owner = ownerOf(process.pid);
  const expires = String(Date.now() + LIFETIME_MS);
  return {
    id,
    labels: (role) => ({ [LABEL.role]: role, [LABEL.session]: id, [LABEL.owner]: owner, [LABEL.expires]: expires }),
  };
}

/**
 * Labels of a compartment. One that is attached belongs to this process and is swept when that is gone; one that
 * is detached belongs to nobody once it is launched, and stays until it is removed.
 */
export function compartmentLabels(id: string, detached: boolean): Record<string, string> {
  return { [LABEL.session]: id, [detached ? LABEL.launcher : LABEL.owner]: ownerOf(process.pid) };
}

/**
 * Labels for what another platform makes in our name, where its labels may hold letters, digits and `-_.` alone
 * (Kubernetes' rule, which ToolHive applies): who owns it cannot be said, only when it is nobody's any more.
 */
export function expiringLabels(id: string): Record<string, string> {
  return { [LABEL.session]: id, [LABEL.expires]: String(Date.now() + LIFETIME_MS) };
}

/** Whether the run that made something can no longer clean up after itself. Of whom nothing is known, the expiry decides. */
export function isAbandoned(labels: Readonly<Record<string, string>>, now: number): boolean {
  const expires = Number(labels[LABEL.expires]);
  if (Number.isFinite(expires) && now > expires) return true;
  return ownerState(labels[LABEL.owner]) === 'gone';
}

export type OwnerState = 'alive' | 'gone' | 'unknown';

/**
 * What became of the process that a label names. One on another machine (a remote engine has many clients), or of
 * before a restart of this one, which looks the same, cannot be looked at.
 */
export function ownerState(owner: string | undefined): OwnerState {
  const [host, boot, pid, start] = owner?.split('/') ?? [];
  if (host !== hostname() || boot !== bootId() || pid === undefined) return 'unknown';
  const running = startTime(Number(pid));
  if (running === 'gone') return 'gone';
  // Whose start cannot be seen (another user's process, where /proc hides those) lives.
  return running === start || running === 'unknown' || start === 'unknown' ? 'alive' : 'gone';
}

/** `host/boot/pid/start`: the start time tells a process from a later one with the same number. */
function ownerOf(pid: number): string {
  return [hostname(), bootId(), pid, startTime(pid)].join('/');
}

function bootId(): string {
  return readOr('/proc/sys/kernel/random/boot_id', 'unknown').trim();
}

function startTime(pid: number): string {
  const stat = readOr(`/proc/${pid}/stat`, '');
  // The command name in parentheses may hold spaces; field 22 of the line is the 20th after it (proc(5)).
  if (stat !== '') return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 'unknown';
  return isAlive(pid) ? 'unknown' : 'gone';
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readOr(path: string, fallback: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return fallback;
  }
}
