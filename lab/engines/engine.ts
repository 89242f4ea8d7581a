import type { EngineName } from '../types.ts';
import { debootstrapTree } from './debootstrap.ts';
import { distributionDocker } from './distribution.ts';

export interface PrepareOptions {
  readonly signal?: AbortSignal;
  readonly onProgress: (line: string) => void;
}

/** Where an engine's programs are: in the machine's own tree, or in one of their own. */
export interface PreparedEngine {
  /** Path of a root file system to pivot into; undefined = the machine's own. */
  readonly tree: string | undefined;
  /** Path of dockerd inside that tree. */
  readonly program: string;
}

interface Engine {
  readonly title: string;
  /** Installs or builds what is missing; quick when all is there. */
  readonly prepare: (options: PrepareOptions) => Promise<PreparedEngine>;
}

/** A new engine is a row here (and a member of EngineName). */
export const engines: Readonly<Record<EngineName, Engine>> = {
  debian: { title: "docker.io of this machine's distribution", prepare: distributionDocker },
  forky: { title: 'docker.io of Debian forky, in a tree of its own', prepare: (options) => debootstrapTree('forky', options) },
};

export const engineNames = Object.keys(engines) as readonly EngineName[];

export function isEngineName(text: string): text is EngineName {
  return Object.hasOwn(engines, text);
}
