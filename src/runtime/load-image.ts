import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { BulkheadError, messageOf } from '../errors.ts';
import { escapeText } from '../model/text.ts';
import { writeImage, type ImageConfig, type Layer } from './image-archive.ts';
import { ownArchitecture } from './node-layer.ts';
import { progressEnd } from './progress-end.ts';

/**
 * Gives the engine an image of `layers`, the lowest first. The engine stores a layer once: images that begin with the
 * same one share its room on disk, and what runs from it shares its memory.
 * @throws BulkheadError `image-failed`
 */
export async function loadImage(docker: Docker, reference: string, layers: readonly Layer[], config: ImageConfig): Promise<void> {
  const archive = pack();
  try {
    const [answer] = await Promise.all([
      docker.loadImage(archive as unknown as NodeJS.ReadableStream, { quiet: true }),
      writeImage(archive, reference, { architecture: ownArchitecture(), layers, config }),
    ]);
    await progressEnd(docker, answer);
    await docker.getImage(reference).inspect();
  } catch (error) {
    // With an error, or the engine would wait for the rest.
    archive.destroy(error as Error);
    throw new BulkheadError('image-failed', `The image ${reference} could not be made: ${escapeText(messageOf(error), 300)}`, {
      hint: "Look at the engine's log and disk space.",
      cause: error,
    });
  }
}
