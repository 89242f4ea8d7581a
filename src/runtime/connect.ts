import type Docker from 'dockerode';
import { BulkheadError, messageOf } from '../errors.ts';
import type { EngineFacts } from '../model/bundle.ts';
import type { EngineEndpoint } from './endpoint.ts';
import { withoutEngineVariables } from './endpoint-environment.ts';
import { loadDockerode } from './load-dockerode.ts';

/** Newest API version that this code was tried against (Docker Engine 28.5). */
const NEWEST_TESTED_API = '1.51';

export interface Engine {
  readonly docker: Docker;
  readonly facts: EngineFacts;
  /** How many processors it has, where it says so. */
  readonly processors?: number;
  /** Where it keeps images, containers and volumes, on its own machine. */
  readonly dataDirectory?: string;
}

interface InfoAnswer {
  readonly SecurityOptions?: readonly string[] | null;
  readonly Rootless?: boolean;
  readonly NCPU?: number;
  readonly DockerRootDir?: string;
}

interface VersionAnswer {
  readonly Version?: string;
  readonly ApiVersion?: string;
  readonly Os?: string;
  readonly Arch?: string;
  readonly KernelVersion?: string;
  readonly Platform?: { readonly Name?: string };
  readonly Components?: readonly { readonly Name?: string }[];
}

/**
 * Connects and pins the API version: dockerode never negotiates, and without a version the daemon answers
 * in its newest dialect.
 * @throws BulkheadError `engine-unreachable`, `engine-permission` or `engine-failed`
 */
export async function connect(endpoint: EngineEndpoint): Promise<Engine> {
  // Here and not above: loading it takes time, which `evaluate` and `checks` need not pay.
  const Dockerode = await loadDockerode();
  try {
    const version = (await withoutEngineVariables(() => new Dockerode(endpoint.modem)).version()) as VersionAnswer;
    const apiVersion = lower(version.ApiVersion ?? NEWEST_TESTED_API, NEWEST_TESTED_API);
    const docker = withoutEngineVariables(() => new Dockerode({ ...endpoint.modem, version: `v${apiVersion}` }));
    const info = (await docker.info()) as InfoAnswer;
    const options = (info.SecurityOptions ?? []).map((option) => option.split(',')[0]);
    return {
      docker,
      ...(info.NCPU !== undefined && info.NCPU > 0 ? { processors: info.NCPU } : {}),
      ...(info.DockerRootDir === undefined || info.DockerRootDir === '' ? {} : { dataDirectory: info.DockerRootDir }),
      facts: {
        product: productOf(version),
        version: version.Version ?? 'unknown',
        apiVersion,
        os: version.Os ?? 'unknown',
        architecture: version.Arch ?? 'unknown',
        kernel: version.KernelVersion ?? 'unknown',
        rootless: options.includes('name=rootless') || info.Rootless === true,
        userNamespaces: options.includes('name=userns'),
        endpoint: endpoint.url,
      },
    };
  } catch (error) {
    throw engineError(error, endpoint.url);
  }
}

function productOf(version: VersionAnswer): string {
  if (version.Components?.some((component) => component.Name === 'Podman Engine') === true) return 'Podman';
  return version.Platform?.Name?.startsWith('Docker Desktop') === true ? 'Docker Desktop' : 'Docker Engine';
}

function lower(a: string, b: string): string {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number);
  const [majorB = 0, minorB = 0] = b.split('.').map(Number);
  return majorA < majorB || (majorA === majorB && minorA < minorB) ? a : b;
}

/** Turns whatever the API client threw into an error that a person can act on. */
export function engineError(error: unknown, url: string): BulkheadError {
  if (error instanceof BulkheadError) return error;
  const code = (error as NodeJS.ErrnoException).code;
  const status = (error as { statusCode?: number }).statusCode;
  if (code === 'EACCES' || code === 'EPERM') {
    return new BulkheadError('engine-permission', `No permission to talk to the container engine at ${url}.`, {
      hint: 'Run as a user of the docker group, or as root; or name another engine with --host.',
      cause: error,
    });
  }
  if (code !== undefined && status === undefined) {
    return new BulkheadError('engine-unreachable', `No container engine answers at ${url} (${code}).`, {
      hint: 'Start the engine, or name one with --host, DOCKER_HOST or a docker context. `bulkhead doctor` shows what was tried.',
      cause: error,
    });
  }
  return new BulkheadError('engine-failed', `The container engine at ${url} failed: ${messageOf(error)}`, { cause: error });
}
