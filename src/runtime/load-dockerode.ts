import type Docker from 'dockerode';
import { createRequire, Module } from 'node:module';

const require = createRequire(import.meta.url);
/** gRPC, for builds by BuildKit; and SSH, which is refused (endpoint-host.ts). */
const SELDOM = ['./session.js', 'docker-modem/lib/ssh.js'];

/**
 * The client of the engine's API. Two of its parts, which nobody here uses, take half of the time that it takes to
 * load, at each start of the command: they are loaded when they are first called.
 */
export async function loadDockerode(): Promise<typeof Docker> {
  try {
    const within = createRequire(require.resolve('dockerode'));
    for (const name of SELDOM) whenCalled(within.resolve(name));
  } catch {
    // Another version, made up of other files: it is loaded as a whole.
  }
  const { default: Dockerode } = await import('dockerode');
  return Dockerode;
}

/** Puts a function in the place of a module that is one. */
function whenCalled(path: string): void {
  if (require.cache[path] !== undefined) return;
  const standIn = new Module(path);
  standIn.filename = path;
  standIn.loaded = true;
  standIn.exports = (...args: readonly unknown[]): unknown => {
    if (require.cache[path] === standIn) Reflect.deleteProperty(require.cache, path);
    return (require(path) as (...all: readonly unknown[]) => unknown)(...args);
  };
  require.cache[path] = standIn;
}
