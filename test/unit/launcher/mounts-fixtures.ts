import type { MountSettings } from '../../../src/launcher/bind-mount.ts';
import type { FileFacts, HostFiles } from '../../../src/launcher/host-files.ts';

export const DIRECTORY: FileFacts = { kind: 'directory', uid: 1000, gid: 1000, mode: 0o755 };
export const FILE: FileFacts = { kind: 'file', uid: 1000, gid: 1000, mode: 0o644 };

/** A machine: what is at each real path, and where links lead. */
export function machine(there: Readonly<Record<string, FileFacts>>, links: Readonly<Record<string, string>> = {}): HostFiles {
  return {
    realpath: (path) => {
      if (path === '/locked') return Promise.reject(Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' }));
      const real = links[path] ?? path;
      return Promise.resolve(Object.hasOwn(there, real) ? real : undefined);
    },
    stat: (path) => Promise.resolve(Object.hasOwn(there, path) ? there[path] : undefined),
    list: (path, maximum) => {
      const own = Object.entries(there).filter(([each]) => each.slice(0, each.lastIndexOf('/')) === path);
      return Promise.resolve(own.slice(0, maximum).map(([each, { kind }]) => ({ name: each.slice(path.length + 1), kind })));
    },
  };
}

/** Where every path is a directory that is there, and holds nothing. */
export function anything(paths: readonly string[], links: Readonly<Record<string, string>> = {}): HostFiles {
  return machine(Object.fromEntries([...paths, ...Object.values(links)].map((path) => [path, DIRECTORY])), links);
}

export function settings(changes: Partial<MountSettings> = {}): MountSettings {
  return {
    allowSensitive: false,
    homeDirectory: '/home/person',
    platform: 'linux',
    files: anything([]),
    mountTable: '',
    apiVersion: '1.41',
    user: '1000:1000',
    ...changes,
  };
}
