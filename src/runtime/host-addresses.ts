import type Docker from 'dockerode';
import { isIP } from 'node:net';
import { PassThrough } from 'node:stream';
import { BulkheadError, messageOf } from '../errors.ts';
import { attach, type AttachedContainer } from './compartment-containers.ts';
import type { EngineFacts } from '../model/bundle.ts';
import { LABEL } from '../model/labels.ts';
import { escapeText } from '../model/text.ts';

const PRINT = 'console.log(JSON.stringify(Object.values(os.networkInterfaces()).flat().map((one) => one.address)))';

/**
 * Every address of the engine's host, as a short-lived container in its network sees them: this machine may be
 * another one. No name that a server may ask for is allowed to mean one of these.
 * @throws BulkheadError `engine-failed`
 */
export async function hostAddresses(
  docker: Docker,
  facts: EngineFacts,
  image: string,
  labels: Readonly<Record<string, string>>,
): Promise<readonly string[]> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/bulkhead/node', '--max-semi-space-size=1', '--max-old-space-size=24', '-e', PRINT],
    User: '65532:65532',
    Labels: { ...labels, [LABEL.role]: 'probe' },
    HostConfig: {
      NetworkMode: 'host',
      // The host's network is not for those whose users are mapped.
      ...(facts.userNamespaces ? { UsernsMode: 'host' } : {}),
      AutoRemove: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: 128 * 1024 * 1024,
      PidsLimit: 32,
      LogConfig: { Type: 'none', Config: {} },
    },
  });
  const output = new PassThrough();
  const errors = new PassThrough();
  errors.resume();
  const whole = line(output);
  let attached: AttachedContainer | undefined;
  try {
    attached = await attach(docker, container.id, { stdout: output, stderr: errors }, false);
    void attached.ended.then(() => output.end());
    await container.start();
    // Its end, and that the engine has removed it, are not waited for: the gateway is.
    const value: unknown = JSON.parse(await whole);
    const addresses = Array.isArray(value) ? value.filter((one) => typeof one === 'string' && isIP(one) !== 0) : [];
    if (addresses.length === 0) throw new Error('no address was printed');
    return addresses as readonly string[];
  } catch (error) {
    attached?.detach();
    await container.remove({ force: true }).catch(() => undefined);
    const reason = escapeText(messageOf(error), 300);
    throw new BulkheadError('engine-failed', `The addresses of the engine's host could not be found out: ${reason}`, {
      hint: 'A container in the network of the host is needed for a moment; look at the log of the engine.',
      cause: error,
    });
  }
}

/** The first line of a stream, or all of it. */
function line(stream: PassThrough): Promise<string> {
  let text = '';
  return new Promise((resolve) => {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('\n')) resolve(text);
    });
    stream.on('end', () => resolve(text));
  });
}
