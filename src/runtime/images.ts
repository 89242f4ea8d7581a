import type Docker from 'dockerode';
import { LABEL } from '../model/labels.ts';
import { unlessGone } from './unless-gone.ts';

/** Whether the engine has the image. */
export async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  return (await unlessGone(docker.getImage(reference).inspect())) !== undefined;
}

/**
 * Removes images of ours that have no name any more: two first runs at once make the same one twice. What a container
 * still uses stays. Returns how many went.
 */
export async function removeNamelessImages(docker: Docker): Promise<number> {
  const nameless = await docker.listImages({ filters: { dangling: ['true'] } });
  const ours = nameless.filter(({ Labels }) => [LABEL.role, LABEL.package].some((label) => Object.hasOwn(Labels ?? {}, label)));
  const gone = await Promise.all(ours.map(async ({ Id }) => removeUnused(docker, Id)));
  return gone.filter(Boolean).length;
}

/** 404: somebody else was quicker. 409: in use. */
async function removeUnused(docker: Docker, id: string): Promise<boolean> {
  try {
    await docker.getImage(id).remove();
    return true;
  } catch (error) {
    if ([404, 409].includes((error as { statusCode?: number }).statusCode ?? 0)) return false;
    throw error;
  }
}

/** The architecture of the machine that the engine runs on, in its words (GOARCH). */
export async function architectureOf(docker: Docker): Promise<string> {
  return (await docker.version()).Arch;
}
