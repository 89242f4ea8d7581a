import type Docker from 'dockerode';
import { ensurePackages } from '../../lab/apt.ts';
import { hasImage } from '../../src/runtime/images.ts';
import { loadImage } from '../../src/runtime/load-image.ts';

/** What the lines in docs/ call; an image from a registry has them all. */
const APPLETS = ['awk', 'cat', 'cut', 'echo', 'grep', 'httpd', 'ip', 'nc', 'nslookup', 'sh', 'sleep', 'timeout', 'true', 'wget'];

/** The image `busybox`, made from the distribution's static program. */
export async function ensureBusybox(docker: Docker): Promise<string> {
  const reference = 'busybox:latest';
  if (await hasImage(docker, reference)) return reference;
  await ensurePackages(['busybox-static']);
  const links = APPLETS.map((name) => ({ path: `bin/${name}`, source: { link: 'busybox' }, mode: 0o777 }));
  const tmp = { path: 'tmp/.keep', source: Buffer.alloc(0), mode: 0o644 };
  const program = { path: 'bin/busybox', source: '/usr/bin/busybox', mode: 0o755 };
  await loadImage(docker, reference, [[program, ...links, tmp]], { Env: ['PATH=/bin'], Cmd: ['sh'] });
  return reference;
}
