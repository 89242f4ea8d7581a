import type { LabPaths } from '../paths.ts';
import type { EngineName } from '../types.ts';
import { debootstrapTree } from './debootstrap.ts';
import { distributionDocker } from './distribution.ts';
import { docker } from './docker.ts';
import { podman } from './podman.ts';

export interface PrepareOptions {
  readonly signal?: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** How one lab's engine is run, once its programs are there. */
export interface EngineService {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  /** Its configuration, by path: written before it starts. */
  readonly files: Readonly<Record<string, string>>;
  /** Symbolic links in its private /run: where each is, where it leads. */
  readonly links: Readonly<Record<string, string>>;
}

/** Where an engine's programs are: in the machine's own tree, or in one of their own. */
export interface PreparedEngine {
  /** Path of a root file system to pivot into; undefined = the machine's own. */
  readonly tree: string | undefined;
  /** Paths in it are those inside that tree. */
  readonly service: (paths: LabPaths) => EngineService;
}

interface Engine {
  readonly title: string;
  /** Installs or builds what is missing; quick when all is there. */
  readonly prepare: (options: PrepareOptions) => Promise<PreparedEngine>;
}

/** A new engine is a row here (and a member of EngineName); another kind of engine is a file beside docker.ts too. */
export const engines: Readonly<Record<EngineName, Engine>> = {
  debian: { title: "docker.io of this machine's distribution", prepare: distributionDocker },
  trixie: {
    title: 'docker.io of Debian trixie, in a tree of its own',
    prepare: (options) => debootstrapTree('trixie', docker, options),
  },
  forky: {
    title: 'docker.io of Debian forky, in a tree of its own',
    prepare: (options) => debootstrapTree('forky', docker, options),
  },
  podman: {
    title: 'podman of Debian trixie, in a tree of its own',
    prepare: (options) => debootstrapTree('trixie', podman, options),
  },
};

export const engineNames = Object.keys(engines) as readonly EngineName[];

export function isEngineName(text: string): text is EngineName {
  return Object.hasOwn(engines, text);
}
