import type Docker from 'dockerode';
import { ensureProgramImage, findProgramImage, type ProgramImage } from './program-image.ts';

const PROBE_IMAGE: ProgramImage = {
  repository: 'bulkhead/probe',
  programs: ['probe.mjs'],
  // The probe is small: a tight heap keeps twenty of them at once affordable.
  entrypoint: ['/bulkhead/node', '--max-semi-space-size=1', '--max-old-space-size=48', '/bulkhead/probe.mjs'],
  role: 'probe',
  dockerfile: 'probe-image/Dockerfile',
};

/** The probe image of this installation, and whether the engine holds it. Changes nothing. */
export async function findProbeImage(
  docker: Docker,
  engineArchitecture: string,
): Promise<{ readonly reference: string; readonly ready: boolean }> {
  return findProgramImage(docker, engineArchitecture, PROBE_IMAGE);
}

/** @throws BulkheadError `image-failed` */
export async function ensureProbeImage(docker: Docker, engineArchitecture: string): Promise<string> {
  return ensureProgramImage(docker, engineArchitecture, PROBE_IMAGE);
}
