import type Docker from 'dockerode';
import { BulkheadError, messageOf } from '../errors.ts';
import type { PlanInput } from '../model/compartment.ts';
import { escapeText } from '../model/text.ts';
import { progressEnd } from './progress-end.ts';
import { unlessGone } from './unless-gone.ts';

/** All characters of names and ids (github.com/distribution/reference); the engine knows the rest. No part is `.` or `..`. */
const REFERENCE = /^(?!(?:.*\/)?\.\.?(?:\/|$))[\w[][\w.:@/[\]-]*$/;

/**
 * What an image says about itself; pulled when the engine lacks it.
 * @param signal ends a pull: those may take minutes
 * @throws BulkheadError `usage`, `image-failed`, `interrupted`
 */
export async function imageFacts(
  docker: Docker,
  reference: string,
  progress: (message: string) => void,
  signal?: AbortSignal,
): Promise<PlanInput['image']> {
  // It becomes part of a path of the engine's API.
  if (!REFERENCE.test(reference)) {
    throw new BulkheadError('usage', `"${escapeText(reference, 200)}" is no name of an image.`, {
      hint: 'Give NAME, NAME:TAG, NAME@sha256:DIGEST or an id; an npm package is run with npx:NAME@VERSION.',
    });
  }
  const info = (await unlessGone(docker.getImage(reference).inspect())) ?? (await pull(docker, reference, progress, signal));
  const config = info.Config;
  return {
    reference,
    user: config.User ?? '',
    exposedPorts: Object.keys(config.ExposedPorts ?? {}).flatMap((port) => {
      const number = Number.parseInt(port, 10);
      return port.endsWith('/udp') || !(number > 0 && number < 65_536) ? [] : [number];
    }),
    env: config.Env ?? [],
    volumes: Object.keys((config.Volumes as Readonly<Record<string, unknown>> | null | undefined) ?? {}),
  };
}

async function pull(
  docker: Docker,
  reference: string,
  progress: (message: string) => void,
  signal: AbortSignal | undefined,
): Promise<Docker.ImageInspectInfo> {
  progress(`pulling ${escapeText(reference, 200)}`);
  try {
    // Without a tag the engine would pull every one of them.
    const named = /[:@][^/]+$/.test(reference) ? reference : `${reference}:latest`;
    const stream = await docker.pull(named, signal === undefined ? {} : { abortSignal: signal });
    await progressEnd(docker, stream);
    return await docker.getImage(reference).inspect();
  } catch (error) {
    if (signal?.aborted === true) throw new BulkheadError('interrupted', 'Interrupted.', { cause: error });
    throw new BulkheadError(
      'image-failed',
      `The image ${escapeText(reference, 200)} is not on the engine and could not be pulled: ${escapeText(messageOf(error), 300)}`,
      { hint: 'Check the name; an npm package is run with npx:NAME@VERSION.', cause: error },
    );
  }
}
