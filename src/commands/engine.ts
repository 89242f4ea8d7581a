import { connect, engineError, type Engine } from '../runtime/connect.ts';
import { FILE_SYSTEM, resolveEndpoint, type EngineEndpoint } from '../runtime/endpoint.ts';
import { homeDirectory } from '../runtime/home-directory.ts';

export const HOST_OPTION = [
  '--host <url>',
  'container engine (default: DOCKER_HOST, the docker context, the usual sockets)',
] as const;

/** The engine that `--host`, the environment or the usual places name. */
export function endpointOf(host: string | undefined): EngineEndpoint {
  return resolveEndpoint({ host, env: process.env, homeDirectory: homeDirectory(), platform: process.platform, ...FILE_SYSTEM });
}

export async function engineOf(host: string | undefined): Promise<Engine> {
  return connect(endpointOf(host));
}

/** Runs `work`, and says of what the API client throws which engine it was and what to do. */
export async function asEngineError<T>({ facts }: Engine, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw engineError(error, facts.endpoint);
  }
}

export interface EngineOption {
  readonly host?: string;
}

/** Connects and works; every command that only looks or removes is this. */
export async function onEngine<T>({ host }: EngineOption, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await engineOf(host);
  return asEngineError(engine, () => work(engine));
}
