/**
 * Lists the devices and routes of some network namespaces. Runs in a mount namespace of
 * its own, where /run/netns holds these namespaces and no others, so that `ip netns list-id`
 * can name the far end of a veth exactly when that end is in one of them.
 */
import { execFileSync } from 'node:child_process';
import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs';

export interface ProbedLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly link_type: string;
  readonly flags: readonly string[];
  /** Name of the other end or the parent, when it is in the same namespace. */
  readonly link?: string | null;
  /** Index of the other end or the parent, when it is in another namespace. */
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: { readonly info_kind?: string };
}

export interface ProbedNamespace {
  readonly name: string;
  readonly inode: number;
  readonly links: readonly ProbedLink[];
  readonly routes: readonly { readonly dst: string }[];
  /** Names by `link_netnsid`; a namespace that was not handed in has none. */
  readonly ids: readonly { readonly nsid: number; readonly name?: string }[];
}

export type ProbeInput = readonly { readonly name: string; readonly file: string }[];

const input = JSON.parse(readFileSync(0, 'utf8')) as ProbeInput;
// Opened first: some of these files are below the directory that is about to be hidden.
const opened = input.flatMap(({ name, file }) => {
  try {
    return [{ name, file: `/proc/${process.pid}/fd/${openSync(file, 'r')}` }];
  } catch {
    return [];
  }
});
execFileSync('mount', ['-n', '-t', 'tmpfs', 'tmpfs', '/run/netns']);
const present = opened.filter(({ name, file }) => {
  writeFileSync(`/run/netns/${name}`, '');
  try {
    execFileSync('mount', ['-n', '--bind', file, `/run/netns/${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    // The process whose namespace it was has just ended; what still leads there will be reported.
    return false;
  }
});
const result = present.map(({ name }): ProbedNamespace => {
  const ip = (...args: readonly string[]): never =>
    JSON.parse(execFileSync('ip', ['-json', '-details', '-netns', name, ...args], { encoding: 'utf8' }) || '[]') as never;
  return {
    name,
    inode: statSync(`/run/netns/${name}`).ino,
    links: ip('link', 'show'),
    routes: [...(ip('-4', 'route', 'show', 'table', 'all') as []), ...(ip('-6', 'route', 'show', 'table', 'all') as [])],
    ids: ip('netns', 'list-id'),
  };
});
process.stdout.write(JSON.stringify(result));
