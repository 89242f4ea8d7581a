import type Docker from 'dockerode';
import { ensureProgramImage, type ProgramImage } from './program-image.ts';

/** Relay, gateway and the writer of secrets: what runs beside a server. */
const GATEWAY_IMAGE: ProgramImage = {
  repository: 'bulkhead/gateway',
  programs: ['gateway.cjs', 'relay.cjs', 'secrets.cjs'],
  entrypoint: ['/bulkhead/node', '/bulkhead/gateway.cjs'],
  role: 'gateway',
  dockerfile: 'gateway-image/Dockerfile',
};

/** @throws BulkheadError `image-failed` */
export async function ensureGatewayImage(docker: Docker, engineArchitecture: string): Promise<string> {
  return ensureProgramImage(docker, engineArchitecture, GATEWAY_IMAGE);
}
