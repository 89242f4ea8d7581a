import type { LaunchOptions, PlanInput } from '../../../src/model/compartment.ts';
import type { Profile } from '../../../src/model/profile.ts';

export const STDIO: LaunchOptions = {
  transport: 'stdio',
  hostPort: 0,
  detach: false,
  args: [],
  env: [],
  memoryBytes: 512 * 1024 * 1024,
  cpus: 1,
  pids: 128,
  tmpBytes: 64 * 1024 * 1024,
  writableRoot: false,
  execTmp: false,
  capAdd: [],
  allowEch: false,
  allowOrigins: [],
  secretFiles: [],
};

export const HTTP: LaunchOptions = { ...STDIO, transport: 'streamable-http', targetPort: 8000 };

export const HOSTS: Profile = {
  name: 'github',
  network: { outbound: { allow_host: ['api.github.com', '.example.com'], allow_port: [443] } },
};

const INPUT: PlanInput = {
  session: '0123456789ab',
  name: 'weather',
  image: { reference: 'registry.example/mcp/weather:1', user: 'node', exposedPorts: [], env: ['PATH=/usr/bin'] },
  profile: { network: {} },
  mounts: [],
  options: STDIO,
  gatewayImage: 'bulkhead-gateway:abc',
  hostAddresses: ['192.0.2.7'],
  tokenSha256: 'a'.repeat(64),
  apiVersion: '1.41',
  labels: { 'dev.bulkhead.session': '0123456789ab' },
};

export function planInput(changes: Partial<PlanInput> = {}, image: Partial<PlanInput['image']> = {}): PlanInput {
  return { ...INPUT, ...changes, image: { ...INPUT.image, ...image } };
}
