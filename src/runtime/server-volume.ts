import type Docker from 'dockerode';
import { BulkheadError } from '../errors.ts';
import { LABEL } from '../model/labels.ts';
import { unlessGone } from './unless-gone.ts';

const GIVE = '/volume';

/**
 * Makes a volume that a profile names for writing, and gives it to the user that the server runs as: a new one
 * belongs to root, and the server is nobody. One that exists is left as it is. It stays when the compartment goes.
 * @param owner numeric
 * @throws BulkheadError `engine-failed`
 */
export async function prepareVolume(
  docker: Docker,
  name: string,
  owner: { readonly uid: number; readonly gid: number },
  image: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  if ((await unlessGone(docker.getVolume(name).inspect())) !== undefined) return;
  await docker.createVolume({ Name: name, Driver: 'local' });
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/bulkhead/node', '--max-old-space-size=24', '-e', `fs.chownSync('${GIVE}', ${owner.uid}, ${owner.gid})`],
    User: '0:0',
    Labels: { ...labels, [LABEL.role]: 'volume' },
    HostConfig: {
      NetworkMode: 'none',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      CapAdd: ['CHOWN'],
      SecurityOpt: ['no-new-privileges'],
      Memory: 128 * 1024 * 1024,
      PidsLimit: 32,
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [{ Type: 'volume', Source: name, Target: GIVE, ReadOnly: false }],
    },
  });
  try {
    await container.start();
    const { StatusCode } = (await container.wait()) as { readonly StatusCode: number };
    if (StatusCode !== 0) {
      throw new BulkheadError('engine-failed', `The new volume ${name} could not be given to the server's user.`, {
        hint: `Remove it (docker volume rm ${name}) and give it to ${owner.uid}:${owner.gid} by hand, or use --user 0.`,
      });
    }
  } finally {
    await container.remove({ force: true }).catch(() => undefined);
  }
}
