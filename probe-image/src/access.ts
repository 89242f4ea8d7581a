import { accessSync, constants, lstatSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { PathAccess, SocketAccess } from '../../src/model/observation.ts';

const MAX_LINKS = 40;
const SOCKET_MS = 1000;
/** `sun_path` of unix(7), with its final zero. */
const MAX_SOCKET_PATH = 107;

/**
 * The real path, below `root`, of a path inside it. Links are followed by hand: an absolute one, followed by
 * the kernel, would lead to this container's root and not to the target's.
 * @throws the error of the file system, or ELOOP
 */
export function resolveIn(root: string, inside: string): string {
  let pending = inside.split('/').filter(Boolean);
  let resolved: string[] = [];
  let links = 0;
  while (pending.length > 0) {
    const [next = '', ...rest] = pending;
    pending = rest;
    if (next === '.') continue;
    if (next === '..') {
      resolved = resolved.slice(0, -1);
      continue;
    }
    const candidate = [root, ...resolved, next].join('/');
    if (lstatSync(candidate).isSymbolicLink()) {
      links += 1;
      if (links > MAX_LINKS) throw Object.assign(new Error('too many links'), { code: 'ELOOP' });
      const target = readlinkSync(candidate);
      if (path.posix.isAbsolute(target)) resolved = [];
      pending = [...target.split('/').filter(Boolean), ...pending];
    } else {
      resolved = [...resolved, next];
    }
  }
  return [root, ...resolved].join('/');
}

/** Asks the kernel (access(2)) what this identity may do with a path; touches nothing. */
export function tryPath(root: string, inside: string): PathAccess {
  let real: string;
  try {
    real = resolveIn(root, inside);
    lstatSync(real);
  } catch (error) {
    const code = codeOf(error);
    return { path: inside, state: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'hidden', readable: false, writable: false, detail: code };
  }
  const denied = refusal(real, constants.W_OK);
  return {
    path: inside,
    state: 'present',
    readable: refusal(real, constants.R_OK) === undefined,
    writable: denied === undefined,
    ...(denied === undefined ? {} : { detail: denied }),
  };
}

export function refusal(real: string, mode: number): string | undefined {
  try {
    accessSync(real, mode);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** Connects to an engine socket and asks the one question that changes nothing. `undefined` when there is no socket. */
export async function trySocket(root: string, inside: string): Promise<SocketAccess | undefined> {
  let real: string;
  try {
    real = resolveIn(root, inside);
    if (!lstatSync(real).isSocket()) return undefined;
  } catch (error) {
    const code = codeOf(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? undefined : { path: inside, state: 'denied', detail: code };
  }
  if (Buffer.byteLength(real) > MAX_SOCKET_PATH) return { path: inside, state: 'denied', detail: 'path too long to connect' };
  return new Promise((resolve) => {
    const socket = net.connect({ path: real });
    let connected = false;
    const finish = (state: SocketAccess['state'], detail?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ path: inside, state, ...(detail === undefined ? {} : { detail }) });
    };
    const timer = setTimeout(() => finish(connected ? 'connects' : 'denied', 'no answer in time'), SOCKET_MS);
    socket.on('connect', () => {
      connected = true;
      socket.write('GET /_ping HTTP/1.0\r\n\r\n');
    });
    socket.on('data', () => finish('answers'));
    socket.on('end', () => finish('connects', 'closed without an answer'));
    socket.on('error', (error) => finish(connected ? 'connects' : 'denied', codeOf(error)));
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
}
