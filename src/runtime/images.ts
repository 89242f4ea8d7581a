import type Docker from 'dockerode';

/** Whether the engine has the image. */
export async function hasImage(docker: Docker, reference: string): Promise<boolean> {
  try {
    await docker.getImage(reference).inspect();
    return true;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return false;
    throw error;
  }
}

/** The architecture of the machine that the engine runs on, in its words (GOARCH). */
export async function architectureOf(docker: Docker): Promise<string> {
  return (await docker.version()).Arch;
}
