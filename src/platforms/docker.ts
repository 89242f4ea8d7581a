import { createNetwork } from '../runtime/compartment-containers.ts';
import type { Engine } from '../runtime/connect.ts';
import { startPlainServer, type PlainServer } from '../runtime/plain-server.ts';
import { imageFacts } from '../runtime/server-image.ts';
import { tailSink } from '../runtime/server-state.ts';
import { commandText, variableName } from './command-text.ts';
import { serverPort } from './server-port.ts';
import { profileNotes } from './profile-notes.ts';
import type { Platform, PlatformRun, PlatformServer } from './platform.ts';
import { startServer, type Attempt } from './start.ts';
import { mountsOf, networkWords, wayOf, type ProfileMount } from './ways.ts';

/**
 * What people type: `docker run -i IMAGE`. Of a profile it has words for paths, and for "no network at all"; hosts
 * and ports it cannot say, so that such a server gets a bridge of its own.
 */
export const DOCKER: Platform = {
  name: 'docker',
  find: async ({ facts }: Engine) => ({ state: 'ready', version: `${facts.product} ${facts.version}` }),
  start,
};

async function start(run: PlatformRun): Promise<PlatformServer> {
  return startServer(run, {
    make: async (attempt) => {
      const { docker } = run.engine;
      const { exposedPorts } = await imageFacts(docker, run.image, run.progress);
      const { server, notes } = planDocker(run, serverPort(run, exposedPorts), attempt);
      attempt.checkpoint();
      if (server.network === networkName(run)) {
        await createNetwork(docker, { Name: server.network, Driver: 'bridge', Options: {}, Labels: attempt.labels });
      }
      const tail = tailSink();
      const containerId = await startPlainServer(docker, server, tail.sink);
      return { containerId, command: dockerCommand(server), notes, printed: tail.text };
    },
  });
}

/** Pure: what becomes of a run. @throws BulkheadError for entries of `read` and `write` that cannot be mounted */
export function planDocker(
  run: PlatformRun,
  port: number | undefined,
  { labels }: Pick<Attempt, 'labels'>,
): { readonly server: PlainServer; readonly notes: readonly string[] } {
  const way = wayOf(run.profile);
  const { mounts, left } = run.profile === undefined ? { mounts: [], left: [] } : mountsOf(run.profile);
  const publish = way === 'nothing' ? undefined : port;
  const server: PlainServer = {
    name: run.name,
    image: run.image,
    args: run.args,
    env: run.env,
    labels,
    network: { defaults: 'bridge', nothing: 'none', profile: networkName(run) }[way],
    // Unlike a bind of the docker command, these fail where the source is missing: nothing is made on the host.
    mounts: mounts.map(mountSpec),
    stdin: run.transport === 'stdio',
    ...(publish === undefined ? {} : { publish }),
  };
  const notes = [
    ...(run.profile !== undefined && way === 'profile'
      ? [
          `docker has no words for hosts and ports: ${networkWords(run.profile)} is not enforced, the server has a bridge of its own.`,
        ]
      : []),
    ...(port !== undefined && publish === undefined
      ? ['Without a network nothing can be published: no client reaches the server.']
      : []),
    ...(publish === undefined
      ? []
      : [`Port ${publish} is published on 127.0.0.1 alone; "-p ${publish}:${publish}" would publish it on every address.`]),
    ...profileNotes(run.profile, mounts, left),
  ];
  return { server, notes };
}

function networkName({ name }: PlatformRun): string {
  return `${name}-net`;
}

function mountSpec({ kind, source, target, readOnly }: ProfileMount): PlainServer['mounts'][number] {
  return { Type: kind, Source: source, Target: target, ReadOnly: readOnly };
}

/** As a person would type it. */
export function dockerCommand({ image, args, env, network, mounts, stdin, publish }: PlainServer): string {
  const run = commandText([
    'docker',
    'run',
    stdin ? '-i' : '-d',
    ...(network === 'bridge' ? [] : ['--network', network]),
    ...(publish === undefined ? [] : ['-p', `127.0.0.1::${publish}`]),
    ...mounts.flatMap(({ Source, Target, ReadOnly }) => ['-v', `${Source}:${Target}${ReadOnly ? ':ro' : ''}`]),
    ...env.flatMap((entry) => ['-e', variableName(entry)]),
    image,
    ...args,
  ]);
  return network === 'bridge' || network === 'none' ? run : `${commandText(['docker', 'network', 'create', network])} && ${run}`;
}
