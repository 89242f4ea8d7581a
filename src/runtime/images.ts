import type Docker from 'dockerode';
import { unlessGone } from './unless-gone.ts';

/** Whether the engine has the image. */
export async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  return (await unlessGone(docker.getImage(reference).inspect())) !== undefined;
}

/** The architecture of the machine that the engine runs on, in its words (GOARCH). */
export async function architectureOf(docker: Docker): Promise<string> {
  return (await docker.version()).Arch;
}
