#!/usr/bin/env node
import type Docker from 'dockerode';
import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { labels, removeLabelled, serve, type StartRequest } from './contract.ts';

/** An image in which `node` is the entry point, or whose entry point hands options on to it. */
const PROXY_IMAGE = process.env['HALF_WAY_PROXY_IMAGE'] ?? 'node:24-alpine';
const PROXY = path.join(import.meta.dirname, 'half-way-proxy.mjs');

/**
 * A platform that does half of the work, as many do: the server is on an internal network, its way out is a proxy that
 * obeys the profile, and variables tell it so. That stops whoever asks the proxy. It does not stop the names that the
 * proxy's resolver looks up for anybody, nor the host, which is at the gateway of every bridge.
 */
await serve({
  version: 'half-way 1.0.0',
  start: async (docker, request) =>
    request.profile === undefined ? withoutProfile(docker, request) : withProfile(docker, request, request.profile),
  stop: async (docker, name) => removeLabelled(docker, `half-way.name=${name}`),
});

async function withoutProfile(docker: Docker, request: StartRequest) {
  const container = await startServer(docker, request, { NetworkMode: 'bridge' }, []);
  return { container, command: `half-way run ${request.image}`, notes: [] };
}

async function withProfile(docker: Docker, request: StartRequest, profile: string) {
  const { name, image } = request;
  const inside = `${name}-inside`;
  const outside = `${name}-outside`;
  await createInside(docker, inside, mine(name));
  await docker.createNetwork({ Name: outside, Driver: 'bridge', Labels: mine(name) });
  const proxy = await startProxy(docker, name, profile, { inside, outside });
  const url = `http://${proxy}:3128`;
  const container = await startServer(
    docker,
    request,
    // An internal network's own resolver asks nobody outside (Docker 26 and later): so that names can be looked up at
    // all, the proxy's container answers them, and it forwards every question.
    { NetworkMode: inside, Dns: [proxy] },
    ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'].map((variable) => `${variable}=${url}`),
  );
  return {
    container,
    command: `half-way run --profile PROFILE.json ${image}`,
    notes: ['The server is told of the proxy by its variables; names are looked up for it without a filter.'],
  };
}

/**
 * Podman's resolver answers for an internal network and asks nobody, whatever resolver a container is given: there the
 * network has to be made without it, which Docker's API has no word for. Then it has a gateway only when it is given one.
 */
async function createInside(docker: Docker, name: string, Labels: Record<string, string>): Promise<void> {
  const { Components } = (await docker.version()) as { readonly Components?: readonly { readonly Name: string }[] };
  if (Components?.some((component) => component.Name === 'Podman Engine') !== true) {
    await docker.createNetwork({ Name: name, Driver: 'bridge', Internal: true, Labels });
    return;
  }
  const net = `10.${randomInt(200, 256)}.${randomInt(256)}`;
  const subnets = [{ subnet: `${net}.0/24`, gateway: `${net}.1` }];
  await new Promise<void>((resolve, reject) => {
    docker.modem.dial(
      {
        path: '/v4.0.0/libpod/networks/create',
        method: 'POST',
        options: { name, driver: 'bridge', internal: true, dns_enabled: false, subnets, labels: Labels },
        statusCodes: { 200: true, 400: 'bad parameter', 409: 'name in use', 500: 'server error' },
      },
      (error: unknown) => (error === null ? resolve() : reject(error as Error)),
    );
  });
}

/** @returns its address on the inner network, once it listens */
async function startProxy(
  docker: Docker,
  name: string,
  profile: string,
  { inside, outside }: { readonly inside: string; readonly outside: string },
): Promise<string> {
  const proxy = await docker.createContainer({
    name: `${name}-proxy`,
    Image: PROXY_IMAGE,
    Cmd: ['--input-type=module', '-e', await readFile(PROXY, 'utf8')],
    Env: [`PROFILE=${profile}`],
    Labels: mine(name),
    HostConfig: { NetworkMode: outside },
  });
  await docker.getNetwork(inside).connect({ Container: proxy.id });
  await proxy.start();
  for (let look = 0; look < 100; look += 1) {
    const said = (await proxy.logs({ stdout: true, stderr: true })).toString();
    const { NetworkSettings, State } = await proxy.inspect();
    if (said.includes('listening')) return NetworkSettings.Networks[inside]?.IPAddress ?? '';
    if (!State.Running) throw new Error(`The proxy ended: ${said}`);
    await delay(100);
  }
  throw new Error('The proxy does not listen.');
}

async function startServer(
  docker: Docker,
  { name, image, args, env, transport }: StartRequest,
  host: Docker.HostConfig,
  variables: readonly string[],
): Promise<string> {
  const container = await docker.createContainer({
    name,
    Image: image,
    ...(args.length === 0 ? {} : { Cmd: [...args] }),
    Env: [...env, ...variables],
    OpenStdin: transport === 'stdio',
    Labels: mine(name),
    HostConfig: host,
  });
  await container.start();
  return container.id;
}

function mine(name: string): Record<string, string> {
  return labels({ 'half-way.name': name });
}
