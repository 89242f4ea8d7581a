import type { CompartmentPlan, ContainerSpec } from '../model/compartment.ts';
import { hardened } from './hardening.ts';
import { LABEL } from '../model/labels.ts';
import { SECRETS_DIRECTORY } from './server-env.ts';
import { UNPRIVILEGED } from './server-user.ts';

const MEMORY = 128 * 1024 * 1024;

/** The short-lived container that fills the directory of the secrets; it has no network and keeps no log. */
export function secretsWriter(plan: CompartmentPlan, image: string, labels: Readonly<Record<string, string>>): ContainerSpec {
  const volume = plan.volumes.find(({ Name }) => Name.endsWith('-secrets'));
  return {
    name: `${plan.server.name}-secrets`,
    Image: image,
    Entrypoint: ['/bulkhead/node', '/bulkhead/secrets.cjs', SECRETS_DIRECTORY],
    User: UNPRIVILEGED,
    Labels: { ...labels, [LABEL.role]: 'secrets', [LABEL.name]: plan.server.name },
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      NetworkMode: 'none',
      ...hardened({ memoryBytes: MEMORY, pids: 32 }),
      AutoRemove: true,
      LogConfig: { Type: 'none', Config: {} },
      Mounts:
        volume === undefined
          ? []
          : [
              {
                Type: 'volume',
                Source: volume.Name,
                Target: SECRETS_DIRECTORY,
                ReadOnly: false,
                VolumeOptions: { NoCopy: true },
              },
            ],
    },
  };
}
