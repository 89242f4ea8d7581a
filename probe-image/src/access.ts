import { accessSync, closeSync, constants, lstatSync, openSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import type { PathAccess, SocketAccess } from '../../src/model/observation.ts';
import { deadline } from './deadline.ts';

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
    return {
      path: inside,
      state: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'hidden',
      readable: false,
      writable: false,
      detail: code,
    };
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
  const short = shorten(real);
  if (short === undefined) return { path: inside, state: 'denied', detail: 'path too long to connect' };
  try {
    return { path: inside, ...(await speak(short.path)) };
  } catch (error) {
    return { path: inside, state: 'denied', detail: codeOf(error) };
  } finally {
    short.close();
  }
}

/** O_PATH of open(2), which Node.js does not name: a handle on a directory that needs no right to read it. */
const O_PATH = 0x20_0000;

/** A path that fits into a socket address; a long one is entered by its directory. */
function shorten(real: string): { readonly path: string; readonly close: () => void } | undefined {
  if (Buffer.byteLength(real) <= MAX_SOCKET_PATH) return { path: real, close: () => undefined };
  try {
    const directory = openSync(path.posix.dirname(real), O_PATH | constants.O_DIRECTORY);
    const short = `/proc/self/fd/${directory}/${path.posix.basename(real)}`;
    if (Buffer.byteLength(short) <= MAX_SOCKET_PATH) return { path: short, close: () => closeSync(directory) };
    closeSync(directory);
  } catch {
    // Then it is too long.
  }
  return undefined;
}

async function speak(address: string): Promise<Pick<SocketAccess, 'state' | 'detail'>> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: address });
    let connected = false;
    const finish = (state: SocketAccess['state'], detail?: string): void => {
      cancel();
      socket.destroy();
      resolve({ state, ...(detail === undefined ? {} : { detail }) });
    };
    const cancel = deadline(SOCKET_MS, () => finish(connected ? 'connects' : 'denied', 'no answer in time'));
    socket.on('connect', () => {
      connected = true;
      socket.write('GET /_ping HTTP/1.0\r\n\r\n');
    });
    socket.on('data', () => finish('answers'));
    socket.on('end', () => finish('connects', 'closed without an answer'));
    socket.on('error', (error) => {
      const code = codeOf(error);
      // A full queue is found only behind the permission to connect (unix(7), connect(2)).
      finish(connected || code === 'EAGAIN' ? 'connects' : 'denied', code);
    });
  });
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
}
