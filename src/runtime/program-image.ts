import type Docker from 'dockerode';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { BulkheadError } from '../errors.ts';
import { LABEL } from '../model/labels.ts';
import { hasImage } from './images.ts';
import { nodeFingerprint, nodeLayer, ownArchitecture } from './node-layer.ts';

/** To be raised whenever the same programs would give another image. */
const LAYOUT = 2;

/** An image of ours: a Node.js, its libraries, and programs of one file each. */
export interface ProgramImage {
  /** The tag is made from the content. */
  readonly repository: string;
  /** File names in `dist/`, which are their names in `/bulkhead/` too. */
  readonly programs: readonly string[];
  readonly entrypoint: readonly string[];
  readonly role: string;
  /** Where the Dockerfile for other machines is. */
  readonly dockerfile: string;
}

/** The image that this installation would use, and whether the engine holds it. Changes nothing. */
export async function findProgramImage(
  docker: Docker,
  engineArchitecture: string,
  image: ProgramImage,
): Promise<{ readonly reference: string; readonly ready: boolean }> {
  const reference = `${image.repository}:${await contentHash(engineArchitecture, image)}`;
  return { reference, ready: await hasImage(docker, reference) };
}

/**
 * The image, made when the engine lacks it: from the Node.js that runs this process and the libraries it is
 * linked with. Needs no registry.
 * @throws BulkheadError `image-failed`
 */
export async function ensureProgramImage(docker: Docker, engineArchitecture: string, image: ProgramImage): Promise<string> {
  const { reference, ready } = await findProgramImage(docker, engineArchitecture, image);
  if (ready) return reference;
  if (ownArchitecture() !== engineArchitecture) {
    throw new BulkheadError('image-failed', `The engine runs on ${engineArchitecture}, this Node.js on ${ownArchitecture()}.`, {
      hint: `Build the image with ${image.dockerfile} on the engine and tag it ${reference}.`,
    });
  }
  const programs = await Promise.all(
    image.programs.map(async (file) => ({ path: `bulkhead/${file}`, source: await readProgram(file), mode: 0o444 })),
  );
  const { loadImage } = await import('./load-image.ts');
  await loadImage(docker, reference, [await nodeLayer(), programs], {
    Entrypoint: image.entrypoint,
    User: '65532:65532',
    Labels: { [LABEL.role]: image.role },
  });
  return reference;
}

async function contentHash(engineArchitecture: string, image: ProgramImage): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([LAYOUT, image.entrypoint]));
  for (const file of image.programs) hash.update(await readProgram(file));
  if (process.platform === 'linux' && ownArchitecture() === engineArchitecture) {
    hash.update(await nodeFingerprint());
  } else hash.update(`dockerfile ${engineArchitecture}`);
  return hash.digest('hex').slice(0, 16);
}

async function readProgram(file: string): Promise<Buffer> {
  try {
    return await readFile(new URL(`../../dist/${file}`, import.meta.url));
  } catch (error) {
    throw new BulkheadError('image-failed', `The program dist/${file} is missing.`, {
      hint: 'In a checkout: npm run build.',
      cause: error,
    });
  }
}
