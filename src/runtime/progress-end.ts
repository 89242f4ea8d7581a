import type Docker from 'dockerode';

/** The end of what an engine reports while it pulls or loads. An error in its last line comes after an HTTP status of 200. */
export async function progressEnd(docker: Docker, progress: NodeJS.ReadableStream): Promise<void> {
  const lines = await new Promise<readonly { readonly error?: string }[]>((resolve, reject) => {
    docker.modem.followProgress(progress, (error, all) => (error === null ? resolve(all) : reject(error)));
  });
  const failed = lines.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error);
}
